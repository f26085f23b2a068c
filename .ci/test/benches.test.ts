import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { benches, nodeOptions } from "../benches.mjs";
import { node, root } from "../setup.mjs";

const run = promisify(execFile);

const setups = ["wall", "wall + spans", "all kinds + spans", "@pyroscope/nodejs"];
const questions = ["one service", "all services"].flatMap((where) => [
  `flame graph, ${where}, 1 h`,
  `time line, ${where}, 15 s steps, by region`,
  `label names, ${where}`,
]);
const spanQuestions = ["one span, its service, 1 h", "one span, all services, 1 h"];

/** What each benchmark must print: beginnings of lines with numbers after them, or more where that says too little. */
const results: Readonly<Record<keyof typeof benches, readonly (string | RegExp)[]>> = {
  pprof: [
    ...["decode", "decode [+] read", "retained", "encode", "merge 8"].map((task) => {
      const table = `^${task} +input KB.*\\n(  .*\\n)*`;
      return new RegExp(`${table}  made up: Node wall, 50 spans( +\\d[\\d.]*){3}`, "m");
    }),
    /^encode in slices: longest step, us\n( {2}.*\n)* {2}made up: Node wall, 50 spans +\d/m,
  ],
  sdk: [
    ...["off", ...setups].map((name) => `${name} |`),
    "wall + spans against @pyroscope/nodejs without labels:",
    'a span under "wall":',
    'a span under "wall + spans":',
    "longest block at a window's end,",
    ...setups.map((name) => `memory, ${name}:`),
  ],
  query: [
    "flame graph, one service, 1 h",
    "flame graph, all services, 1 h",
    "span, service known",
    "span, any service",
    "find span",
    "list spans, one service, 1 h",
    "series, one service, 15 s steps",
    "series, all, by region, 15 s steps",
    "label names",
    "label values, one service",
    "profile types",
  ],
  ingest: [
    "cpu:",
    "ack p50",
    "CPU",
    "batches",
    "as written (bytes, parts):",
    /^\d+ rows, \d+\.\d+ bytes a row, \d+\.\d+ a received sample$/m,
  ],
  server: [
    "saturated, 200 writers: profiles per CPU second",
    "accepted per second",
    "acknowledgement p50",
    "acknowledgement p99",
    "peak RSS",
    ...[...questions, ...spanQuestions],
    "8 writers: acknowledgement p50",
    "8 writers: acknowledgement p99",
    "100 profiles/s: acknowledgement p50",
    "100 profiles/s: acknowledgement p99",
    "100 profiles/s: profiles per CPU second",
    "under 200 writers: /ready p50",
    "under 200 writers: /ready p99",
    "under 200 writers: one span, its service, 1 h p50",
    "start until ready",
    "on disk as written, per sample",
    "on disk after merges, per sample",
  ],
  scale: [
    "start until ready",
    ...[...questions, ...spanQuestions].flatMap((question) => [
      `${question}, first time, ms`,
      `${question}, median, ms`,
    ]),
    "push, 8 writers, acknowledgement p50",
    "push, 8 writers, acknowledgement p99",
    "push, 8 writers, accepted",
    "peak RSS",
    "on disk, per sample",
  ],
  "roll-ups": ["first round,", "3 h", "6 h", "1 d"],
  self: [
    /^[1-9]\d* profiles of workload spans$/m,
    /^thread main, .*\n +\d+\.\d % {2}\S/m,
    /^thread ingest, .*\n +\d+\.\d % {2}\S/m,
  ],
};

describe("a short run of the benchmark", () => {
  it.each(Object.entries(benches))(
    "%s prints numbers for all that it measures",
    async (name, { file, smoke }) => {
      const { NODE_OPTIONS: _options, VITEST: _vitest, NODE_ENV: _env, ...env } = process.env;
      const { stdout } = await run(node, [...nodeOptions, join(root, file), ...smoke], {
        cwd: root,
        env,
      });
      expect(stdout).not.toMatch(/NaN|Infinity|undefined|null|\?/);
      const printed = stdout.split("\n").map((line) => line.replace(/^[| ]+/, ""));
      for (const expected of results[name as keyof typeof benches]) {
        if (expected instanceof RegExp) {
          expect(stdout).toMatch(expected);
          continue;
        }
        const line = printed.find((one) => one.startsWith(expected));
        expect(line?.slice(expected.length) ?? "no such line", expected).toMatch(/\d/);
      }
    },
    120_000,
  );
});
