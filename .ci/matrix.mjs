// `npm run matrix`: how well samples are attributed to spans, on every supported Node version.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { node, pinnedEnv, root, setup } from "./setup.mjs";

setup();
const { status } = spawnSync(
  node,
  [join(root, "sdk-node", "test", "matrix.mjs"), ...process.argv.slice(2)],
  { cwd: root, env: pinnedEnv(), stdio: "inherit" },
);
process.exitCode = status ?? 1;
