// How well samples are attributed to spans, on every supported Node.js: prints the table, fails where ours is below target.
//   node matrix.mjs [--only=20,22] [--skip-peer]
import { fileURLToPath } from "node:url";
import { runStress } from "./attribution/run-stress.mjs";
import { percent, TABLE_HEAD, tableRow } from "./attribution/score.mjs";
import { ensureNode } from "./nodes.mjs";

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/nodes", import.meta.url));
const RUNS = [
  { major: 20 },
  { major: 22 },
  { major: 22, flags: ["--experimental-async-context-frame"] },
  { major: 24 },
  { major: 24, flags: ["--no-async-context-frame"] },
  { major: 26 },
];

const only = process.argv
  .find((argument) => argument.startsWith("--only="))
  ?.slice(7)
  .split(",");
const profilers = process.argv.includes("--skip-peer")
  ? ["pyrospan"]
  : ["pyrospan", "pyroscope-nodejs"];
const failures = [];
process.stdout.write(`${TABLE_HEAD}\n`);
for (const profiler of profilers) {
  for (const { major, flags } of RUNS) {
    if (only !== undefined && !only.includes(String(major))) continue;
    const result = await runStress({ node: ensureNode(major, CACHE), flags, profiler });
    process.stdout.write(`${tableRow(result)}\n`);
    const { inSpans, outside } = result;
    const good =
      percent(inSpans.right, inSpans) >= 99.9 &&
      percent(inSpans.other, inSpans) <= 0.1 &&
      outside.other === 0;
    if (profiler === "pyrospan" && !good) failures.push(result.node);
  }
}
if (failures.length > 0) {
  process.stdout.write(`below target: ${failures.join(", ")}\n`);
  process.exitCode = 1;
}
