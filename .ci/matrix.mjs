// `npm run matrix`: how well samples are attributed to spans, on every supported Node version.
import { runNode } from "./run-node.mjs";
import { setup } from "./setup.mjs";

setup();
runNode("sdk-node/test/matrix.mjs", process.argv.slice(2));
