// `npm start`: the main job, end to end. Sets up what is missing, then runs the example that
// profiles a web shop under load and shows the functions its slowest spans spent their time in.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { node, pinnedEnv, root, setup } from "./setup.mjs";

setup();
const child = spawn(
  node,
  [join(root, "examples", "trace-to-profile", "dist", "main.js"), ...process.argv.slice(2)],
  { stdio: "inherit", env: pinnedEnv() },
);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
