/**
 * Decode, encode and merge beside `pprof-format` and the generated codec (`@bufbuild/protobuf`).
 *
 * Run with `npm run bench -- pprof`; `--json` prints the numbers as JSON instead of tables, `--short` takes few rounds
 * of the inputs from Node. Ours decodes with all its checks: indices, ids, value counts, UTF-8. Medians of interleaved
 * rounds; retained memory after garbage collection.
 */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  DEFAULT_DECODE_LIMITS,
  decodePprof,
  encodePprof,
  encodePprofSteps,
  firstInvalidUtf8,
  mergeProfiles,
  type Profile,
} from "@pyrospan/pprof";
import { ProfileSchema } from "@pyrospan/wire";
import { Profile as FormatProfile } from "pprof-format";
import { type BenchInput, benchInputs } from "./inputs.ts";
import { type Contestant, median, retainedBytes, timeRounds } from "./measure.ts";
import { readGenerated, readOurs, readPprofFormat } from "./readers.ts";

const short = process.argv.includes("--short");
const ROUNDS = short ? 3 : 7;
const ROUND_MS = 10;

interface Row {
  readonly task: string;
  readonly input: string;
  readonly bytes: number;
  /** Microseconds (or retained bytes) by contestant. */
  readonly values: Readonly<Record<string, number>>;
}

const inputs = benchInputs().filter(({ name }) => !short || name.includes("Node wall"));
const rows = inputs.flatMap((input) => [
  time("decode", input, decoders(input)),
  time("decode + read", input, readers(input)),
  retained(input),
  time("encode", input, encoders(input)),
  time("merge 8", input, [mergeOf(input)]),
]);
const blocks = inputs.map((input) => ({ input: input.name, longestStepUs: longestStep(input) }));

if (process.argv.includes("--json")) {
  console.log(JSON.stringify({ node: process.version, rows, blocks }, undefined, 2));
} else {
  printTables();
}

function decode(bytes: Uint8Array): Profile {
  const profile = decodePprof(bytes, DEFAULT_DECODE_LIMITS);
  if (firstInvalidUtf8(profile.strings) >= 0) throw new Error("not UTF-8");
  return profile;
}

function decoders({ bytes }: BenchInput): Contestant[] {
  return [
    { name: "pyrospan", run: () => decode(bytes) },
    { name: "pprof-format", run: () => FormatProfile.decode(bytes) },
    { name: "protobuf-es", run: () => fromBinary(ProfileSchema, bytes) },
  ];
}

function readers({ bytes }: BenchInput): Contestant[] {
  return [
    { name: "pyrospan", run: () => readOurs(decode(bytes)) },
    { name: "pprof-format", run: () => readPprofFormat(FormatProfile.decode(bytes)) },
    { name: "protobuf-es", run: () => readGenerated(fromBinary(ProfileSchema, bytes)) },
  ];
}

function encoders({ bytes }: BenchInput): Contestant[] {
  const ours = decode(bytes);
  const format = FormatProfile.decode(bytes);
  const generated = fromBinary(ProfileSchema, bytes);
  return [
    { name: "pyrospan", run: () => encodePprof(ours) },
    { name: "pprof-format", run: () => format.encode() },
    { name: "protobuf-es", run: () => toBinary(ProfileSchema, generated) },
  ];
}

function mergeOf({ bytes }: BenchInput): Contestant {
  const profiles = Array.from({ length: 8 }, () => decode(bytes));
  return { name: "pyrospan", run: () => mergeProfiles(profiles) };
}

function time(task: string, input: BenchInput, contestants: readonly Contestant[]): Row {
  checkAgreement(task, contestants);
  const timings = timeRounds(contestants, ROUNDS, ROUND_MS);
  const values = Object.fromEntries([...timings].map(([name, micros]) => [name, median(micros)]));
  return { task, input: input.name, bytes: input.bytes.length, values };
}

/** Contestants that read must come to the same totals, or the times compare nothing. */
function checkAgreement(task: string, contestants: readonly Contestant[]): void {
  if (task !== "decode + read") return;
  const [ours, ...others] = contestants.map(({ run }) =>
    JSON.stringify([...(run() as Map<string, number>)]),
  );
  if (others.some((other) => other !== ours)) throw new Error("the decoders disagree");
}

function retained(input: BenchInput): Row {
  const copies = Math.max(3, Math.ceil(4_000_000 / input.bytes.length));
  const values = Object.fromEntries(
    decoders(input).map(({ name, run }) => [name, retainedBytes(run, copies)]),
  );
  return { task: "retained", input: input.name, bytes: input.bytes.length, values };
}

/**
 * The longest time that encoding in slices keeps an event loop from its turn, by the clock: the best of many runs,
 * because on a busy machine the worst says how busy it is.
 */
function longestStep({ bytes }: BenchInput): number {
  const profile = decode(bytes);
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 30; run++) {
    let most = 0;
    const steps = encodePprofSteps(profile);
    for (let done = false; !done; ) {
      const begin = performance.now();
      done = steps.next().done === true;
      most = Math.max(most, performance.now() - begin);
    }
    best = Math.min(best, most);
  }
  return best * 1_000;
}

function printTables(): void {
  console.log(`Node ${process.version}, CPU time, medians of ${ROUNDS} interleaved rounds\n`);
  for (const task of ["decode", "decode + read", "retained", "encode", "merge 8"]) {
    const unit = task === "retained" ? "KB" : "us";
    console.log(
      line(
        task,
        "input KB",
        `pyrospan ${unit}`,
        "MB/s",
        "pprof-format",
        "protobuf-es",
        "/ p-f",
        "/ p-es",
      ),
    );
    for (const row of rows.filter((candidate) => candidate.task === task)) {
      const { pyrospan = 0, "pprof-format": format, "protobuf-es": generated } = row.values;
      const show = (value: number | undefined) =>
        value === undefined ? "" : (task === "retained" ? value / 1_000 : value).toFixed(0);
      const ratio = (other: number | undefined) =>
        other === undefined ? "" : (pyrospan / other).toFixed(3);
      const speed =
        task === "retained"
          ? ""
          : ((row.bytes * (task === "merge 8" ? 8 : 1)) / pyrospan).toFixed(0);
      console.log(
        line(
          `  ${row.input}`,
          (row.bytes / 1_000).toFixed(0),
          show(pyrospan),
          speed,
          show(format),
          show(generated),
          ratio(format),
          ratio(generated),
        ),
      );
    }
    console.log();
  }
  console.log("encode in slices: longest step, us");
  for (const { input, longestStepUs } of blocks)
    console.log(line(`  ${input}`, longestStepUs.toFixed(0)));
}

function line(first: string, ...rest: readonly string[]): string {
  return first.padEnd(32) + rest.map((cell) => cell.padStart(14)).join("");
}
