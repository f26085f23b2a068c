// `npm run server -- [flags]`: the server alone, set up first where that is needed.
import { runNode } from "./run-node.mjs";
import { setup } from "./setup.mjs";

setup();
runNode("server/dist/main.js", process.argv.slice(2));
