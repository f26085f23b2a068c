import { spawn } from "node:child_process";
import { join } from "node:path";
import { node, pinnedEnv, root } from "./setup.mjs";

/** Runs a script of the repository on the pinned Node in place of this process: its terminal, signals and exit code. */
export function runNode(script, args, nodeOptions = []) {
  const child = spawn(node, [...nodeOptions, join(root, script), ...args], {
    stdio: "inherit",
    env: pinnedEnv(),
  });
  // Ctrl-C in a terminal reaches the child by itself; this process only must not end before it.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code, signal) => {
    process.exitCode = signal ? 1 : (code ?? 1);
  });
}
