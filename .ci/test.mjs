// `npm test`: sets up what is missing, then runs every check and every test, and ends with one plain line
// `N passed, N failed`. What a machine lacks is listed as skipped, never counted as passed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { node, pinnedEnv, root, setup } from "./setup.mjs";

setup();
const bin = (name, file) => join(root, "node_modules", name, file);
let passed = 0;
let failed = 0;

check("format, lint and layers (biome)", bin("@biomejs/biome", "bin/biome"), [
  "ci",
  "--colors=off",
  ".",
]);
for (const project of [
  "server/ui",
  "server/test",
  "server/bench",
  "pprof/tsconfig.test.json",
  "sdk-node/tsconfig.test.json",
  "otel-span-processor/tsconfig.test.json",
  "examples/trace-to-profile/tsconfig.test.json",
]) {
  check(`types of ${project}`, bin("typescript", "bin/tsc"), ["--noEmit", "-p", project]);
}

const folder = mkdtempSync(join(tmpdir(), "pyrospan-test-"));
const report = join(folder, "report.json");
const { status } = spawnSync(
  node,
  [
    bin("vitest", "vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, env: pinnedEnv(), stdio: "inherit" },
);
count(report, status);
rmSync(folder, { recursive: true });

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function check(what, script, args) {
  const { status } = spawnSync(node, [script, ...args], {
    cwd: root,
    env: pinnedEnv(),
    stdio: "inherit",
  });
  if (status === 0) passed++;
  else failed++;
  console.log(`${status === 0 ? "ok" : "FAILED"}: ${what}`);
}

function count(file, status) {
  let results;
  try {
    results = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    console.log("FAILED: the test runner wrote no report");
    failed++;
    return;
  }
  passed += results.numPassedTests;
  failed += results.numFailedTests;
  const broken = results.testResults.filter(
    (f) => f.status === "failed" && !f.assertionResults.some((a) => a.status === "failed"),
  );
  failed += broken.length;
  const skipped = results.testResults.flatMap((f) =>
    f.assertionResults.filter((a) => ["skipped", "pending", "todo"].includes(a.status)),
  );
  for (const test of skipped) console.log(`SKIPPED: ${test.fullName}`);
  // An error outside of any test (an unhandled rejection, say) is a failure too.
  if (status !== 0 && failed === 0) failed++;
}
