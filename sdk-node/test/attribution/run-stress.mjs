import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const STRESS = fileURLToPath(new URL("./stress.mjs", import.meta.url));
const run = promisify(execFile);

/**
 * Runs the stress program in a Node.js of its own; its score.
 *
 * @param {{ node: string, flags?: string[], profiler: string, options?: string[] }} program
 */
export async function runStress({ node, flags = [], profiler, options = [] }) {
  const { stdout } = await run(node, [...flags, STRESS, profiler, ...options], {
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, NODE_OPTIONS: "", VITEST: "" },
  });
  const result = JSON.parse(stdout);
  return { ...result, node: [result.node, ...flags].join(" ") };
}
