import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultLimits } from "../limits.ts";
import { type Engine, openEngine } from "../store/engine.ts";
import type { QueryScope } from "./query-scope.ts";
import { readSamples } from "./read-samples.ts";
import { sampleFilter } from "./sample-filter.ts";
import { SeriesIndex } from "./series-index.ts";
import { type PartitionSums, sumSamples } from "./sum-samples.ts";
import { saturate } from "./values.ts";

let directory: string;
let engine: Engine;
let scope: QueryScope;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pyrospan-samples-"));
  engine = await openEngine(directory, { fsync: false });
  scope = {
    engine,
    seriesIndex: new SeriesIndex(engine, { maxBytes: 1 << 20 }),
    tenants: ["one"],
    limits: defaultLimits,
    signal: new AbortController().signal,
    deadlineMs: Infinity,
    openDays: undefined,
    nowMs: 0,
  };
});

afterAll(async () => {
  await engine?.close();
  await rm(directory, { recursive: true, force: true });
});

const SPANS = ["0100000000000000", "0200000000000000", "ff000000000000ff"];
const TRACES = [`${"0".repeat(31)}1`, "f".repeat(32)];

const spanNumber = (hex: string): string => String(Buffer.from(hex, "hex").readBigUInt64LE());

const profile = fc.record({
  partition: fc.constantFrom(1n, 2n, 2n ** 64n - 1n),
  spans: fc.shuffledSubarray(SPANS),
  traces: fc.array(fc.constantFrom("0".repeat(32), ...TRACES), { minLength: 3, maxLength: 3 }),
  samples: fc.array(
    fc.record({
      span: fc.nat(3),
      stack: fc.constantFrom(0, 1, 2, 3, 1500, 70_000),
      value: fc.oneof(
        fc.constantFrom(1n, -1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n - 1n),
        fc.bigInt({ min: -(2n ** 40n), max: 2n ** 62n }),
      ),
    }),
    { maxLength: 8 },
  ),
});

const selectors = fc.constantFrom(
  { spans: [], traces: [], profiles: [] },
  { spans: [SPANS[0]!], traces: [], profiles: [] },
  { spans: [SPANS[1]!, SPANS[2]!, "00000000000000aa"], traces: [], profiles: [] },
  { spans: [], traces: [TRACES[0]!], profiles: [] },
  { spans: [], traces: TRACES, profiles: [] },
);

function textOf(parts: readonly PartitionSums[]): string[] {
  return parts
    .flatMap(({ partition, stacks, values }) =>
      Array.from(stacks, (stack, i) => `${partition}:${stack} ${values[i]}`),
    )
    .sort();
}

const allOf = (id: number) => ({ profiles: `dataset = ${id}`, hours: undefined });

const NOTHING_ASKED = { profile: undefined, spans: undefined };

let dataset = 0;

describe("samples added up here", () => {
  it("are the sums of the engine", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(profile, { minLength: 1, maxLength: 8 }),
        selectors,
        async (profiles, asked) => {
          dataset++;
          const rows = profiles.map(({ partition, spans, traces, samples }, i) => {
            const own = samples.filter(({ span }) => span <= spans.length);
            const total = own.reduce((sum, { value }) => sum + value, 0n);
            const list = (items: readonly unknown[]): string => `[${items.join()}]`;
            return `(${dataset}, ${i}, 1, ${i}, ${partition}, ${saturate(total)}, ${list(spans.map(spanNumber))}, ${list(traces.slice(0, spans.length).map((hex) => `unhex('${hex}')`))}, ${list(own.map(({ span }) => span))}, ${list(own.map(({ stack }) => stack))}, ${list(own.map(({ value }) => value))})`;
          });
          await engine.command(
            `INSERT INTO profiles (dataset, series, time, profile, partition, total, spans, traces, span, stack, value) VALUES ${rows.join()}`,
          );
          const filter = sampleFilter(asked)!;
          const here = await readSamples(scope, `dataset = ${dataset}`, filter);
          expect(textOf(here!)).toEqual(textOf(await sumSamples(scope, allOf(dataset), filter)));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("are left to the engine when they are many profiles or many bytes", async () => {
    const insert = (id: number, profiles: number, samples: number): Promise<void> =>
      engine.command(
        `INSERT INTO profiles (dataset, series, time, profile, partition, total, span, stack, value)
         SELECT ${id}, 1, 1, number, 1, 1, arrayMap(i -> 0, range(${samples})), range(1, ${samples} + 1), arrayMap(i -> 1, range(${samples})) FROM numbers(${profiles})`,
      );
    await insert(1_000_001, 2000, 1);
    await insert(1_000_002, 2001, 1);
    await insert(1_000_003, 20, 100_000);
    expect(await readSamples(scope, "dataset = 1000001", NOTHING_ASKED)).toMatchObject([
      { partition: "1" },
    ]);
    expect(await readSamples(scope, "dataset = 1000002", NOTHING_ASKED)).toBeUndefined();
    expect(await readSamples(scope, "dataset = 1000003", NOTHING_ASKED)).toBeUndefined();
    const [sums] = await sumSamples(scope, allOf(1_000_003), NOTHING_ASKED);
    expect([sums!.stacks.length, sums!.values[0]]).toEqual([100_000, 20n]);
  });
});
