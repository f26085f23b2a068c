// `npm run bench -- NAME [options]`: the benchmarks, each beside a named peer or limit.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { benches, nodeOptions } from "./benches.mjs";
import { runNode } from "./run-node.mjs";
import { root, setup } from "./setup.mjs";

const [name, ...options] = process.argv.slice(2);
const bench = benches[name];
if (!bench || !existsSync(join(root, bench.file))) {
  console.error(`usage: npm run bench -- NAME [options]\n`);
  for (const [key, { what }] of Object.entries(benches))
    console.error(`  ${key.padEnd(8)} ${what}`);
  process.exit(2);
}
setup();
runNode(bench.file, options, nodeOptions);
