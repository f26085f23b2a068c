// `npm run bench -- NAME [options]`: the benchmarks, each beside a named peer or limit.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runNode } from "./run-node.mjs";
import { root, setup } from "./setup.mjs";

const benches = {
  pprof: {
    file: "pprof/bench/main.ts",
    what: "decode, encode and merge beside pprof-format and protobuf-es",
  },
  sdk: {
    file: "sdk-node/bench/main.ts",
    what: "cost of the SDK in a host, beside @pyroscope/nodejs",
  },
  query: {
    file: "server/bench/query.ts",
    what: "latency of queries at 0.1, 1 and 10 million stored samples",
  },
  ingest: {
    file: "server/bench/ingest.ts",
    what: "CPU per profile and bytes per sample of the write path",
  },
  server: {
    file: "server/bench/server/main.ts",
    what: "the whole server under load, beside the original with --peer PATH-TO-PYROSCOPE",
  },
  scale: {
    file: "server/bench/scale.ts",
    what: "latency, memory and growth at 1, 10 and (--full) 100 million stored samples",
  },
  self: {
    file: "server/bench/self-profile.ts",
    what: "what our server spends its time on under load, by our own SDK and server",
  },
};

const [name, ...options] = process.argv.slice(2);
const bench = benches[name];
if (!bench || !existsSync(join(root, bench.file))) {
  console.error(`usage: npm run bench -- NAME [options]\n`);
  for (const [key, { what }] of Object.entries(benches))
    console.error(`  ${key.padEnd(8)} ${what}`);
  process.exit(2);
}
setup();
runNode(bench.file, options, ["--expose-gc", "--conditions=source"]);
