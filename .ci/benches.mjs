/**
 * The benchmarks, each beside a named peer or limit: `file` to run, `what` it measures, and `smoke`, the options of its
 * shortest run, whose numbers mean nothing.
 */
export const benches = {
  pprof: {
    file: "pprof/bench/main.ts",
    what: "decode, encode and merge beside pprof-format and protobuf-es",
    smoke: ["--short"],
  },
  sdk: {
    file: "sdk-node/bench/main.ts",
    what: "cost of the SDK in a host, beside @pyroscope/nodejs",
    smoke: ["--rounds=2", "--seconds=0.2"],
  },
  query: {
    file: "server/bench/query.ts",
    what: "latency of queries at 0.1, 1 and 10 million stored samples",
    smoke: ["120000", "240000"],
  },
  ingest: {
    file: "server/bench/ingest.ts",
    what: "CPU per profile and bytes per sample of the write path",
    smoke: ["--seconds=0.5", "--bodies=20"],
  },
  server: {
    file: "server/bench/server/main.ts",
    what: "the whole server under load, beside the original with --peer PATH-TO-PYROSCOPE",
    smoke: ["--short", "--only=spans", "--rounds=2", "--scale=0.05", "--seconds=0.3"],
  },
  scale: {
    file: "server/bench/scale.ts",
    what: "latency, memory and growth at 1, 10 and (--full) 100 million stored samples",
    smoke: ["--short"],
  },
  "roll-ups": {
    file: "server/bench/roll-ups.ts",
    what: "flame graphs of hours, days and weeks with and without sums by hour",
    smoke: ["1"],
  },
  self: {
    file: "server/bench/self-profile.ts",
    what: "what our server spends its time on under load, by our own SDK and server",
    smoke: ["--seconds=3", "--bodies=200"],
  },
};

/** Options of Node.js that every benchmark runs with. */
export const nodeOptions = ["--expose-gc", "--conditions=source"];
