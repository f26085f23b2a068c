// `npm start`: the main job, end to end. Sets up what is missing, then runs the example that
// profiles a web shop under load and shows the functions its slowest spans spent their time in.
import { runNode } from "./run-node.mjs";
import { setup } from "./setup.mjs";

setup();
runNode("examples/trace-to-profile/dist/main.js", process.argv.slice(2));
