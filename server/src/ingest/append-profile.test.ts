import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Profile, ProfileBuilder } from "@pyrospan/pprof";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { defaultLimits } from "../limits.ts";
import { type Committer, createCommitter } from "../store/commit.ts";
import { type Engine, openEngine } from "../store/engine.ts";
import { bigintsOf, decodeNative, textsOf } from "../store/native-reader.ts";
import { appendProfile } from "./append-profile.ts";
import { OpenBatch } from "./open-batch.ts";
import { ProfileSymbols } from "./profile-symbols.ts";
import { SeriesResolver } from "./series-resolver.ts";
import { SymbolPartitions } from "./symbol-partition.ts";

const directory = mkdtempSync(join(tmpdir(), "pyrospan-append-"));
let engine: Engine;
let committer: Committer;

beforeAll(async () => {
  engine = await openEngine(directory);
  committer = await createCommitter(engine);
});

afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true, force: true });
});

interface PlainSample {
  readonly stack: readonly string[];
  readonly values: readonly bigint[];
  readonly labels: Readonly<Record<string, string>>;
}

const types = ["alloc", "inuse"] as const;
const big = 2n ** 61n;
const value = fc.oneof(
  fc.constantFrom(0n, 1n, 2n, big),
  fc.bigInt({ min: 0n, max: big }),
  fc.constant(-5n),
);
const sample: fc.Arbitrary<PlainSample> = fc.record({
  stack: fc.array(fc.constantFrom("a", "b", "c", "ü"), { maxLength: 6 }),
  values: fc.tuple(value, value),
  labels: fc.dictionary(
    fc.constantFrom("thread", "route", "span_id", "trace_id", "service_name"),
    fc.constantFrom(
      "0102030405060708",
      "ABCDEF0000000001",
      "00".repeat(8),
      "7f".repeat(16),
      "x",
      "",
    ),
    { maxKeys: 3 },
  ),
});

const profile = fc.array(sample, { maxLength: 40 });

/** What must be in the store: sums by series labels, type, span, trace and stack. */
function model(samples: readonly PlainSample[], service: string): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { stack, values, labels } of samples) {
    if (values.some((v) => v < 0n)) continue;
    const own = Object.entries(labels)
      .filter(
        ([name, text]) => !["span_id", "trace_id", "service_name"].includes(name) && text !== "",
      )
      .sort()
      .map(([name, text]) => `${name}=${text}`);
    const id = (text: string | undefined, length: number): string =>
      text !== undefined &&
      new RegExp(`^[0-9a-f]{${length}}$`, "i").test(text) &&
      !/^0+$/.test(text)
        ? text.toLowerCase()
        : "0".repeat(length);
    values.forEach((v, type) => {
      if (v === 0n) return;
      const key = [
        service,
        own.join(),
        types[type],
        id(labels.span_id, 16),
        id(labels.trace_id, 32),
        stack.join(";"),
      ].join(" ");
      sums.set(key, (sums.get(key) ?? 0n) + v);
    });
  }
  return sums;
}

function toProfile(samples: readonly PlainSample[]): Profile {
  const builder = new ProfileBuilder({
    sampleTypes: types.map((type) => ({ type, unit: "bytes" })),
  });
  for (const [i, { stack, values, labels }] of samples.entries()) {
    const locations = stack
      .map((name) =>
        builder.location({ lines: [{ function: builder.function({ name }), line: 1 }] }),
      )
      .reverse();
    // A number of its own keeps the builder from adding up equal samples, which is what is tested.
    const own = { key: "sample", num: i };
    const set = builder.labelSet([
      ...Object.entries(labels).map(([key, str]) => ({ key, str })),
      own,
    ]);
    builder.sample(locations, values, set);
  }
  return builder.finish();
}

/** The rows of services whose name begins so. */
async function stored(prefix: string): Promise<Map<string, bigint>> {
  const answer = decodeNative(
    await engine.query(
      `WITH RECURSIVE paths AS (
         SELECT t.partition AS partition, t.id AS id, t.parent AS parent, [f.name] AS path FROM stacks AS t
           JOIN locations AS l ON l.partition = t.partition AND l.id = t.location
           JOIN functions AS f ON f.partition = t.partition AND f.id = l.line_functions[1]
         UNION ALL
         SELECT p.partition, p.id, t.parent, arrayConcat([f.name], p.path) FROM paths AS p
           JOIN stacks AS t ON t.partition = p.partition AND t.id = p.parent
           JOIN locations AS l ON l.partition = t.partition AND l.id = t.location
           JOIN functions AS f ON f.partition = t.partition AND f.id = l.line_functions[1])
       SELECT concat(service, ' ',
           arrayStringConcat(arrayFilter(x -> NOT match(x, '^(__|service_name)'), arrayMap((n, v) -> concat(n, '=', v), label_names, label_values)), ','), ' ',
           label_values[indexOf(label_names, '__type__')], ' ',
           lower(hex(reinterpretAsFixedString(if(span = 0, toUInt64(0), spans[span])))), ' ',
           lower(hex(if(span = 0 OR empty(traces), toFixedString('', 16), traces[span]))), ' ',
           arrayStringConcat(q.path, ';')) AS key, value
       FROM (SELECT * FROM profiles ARRAY JOIN span, stack, value) AS p
       JOIN (SELECT DISTINCT series, service, label_names, label_values FROM series WHERE startsWith(service, '${prefix}-')) AS s ON s.series = p.series
       LEFT JOIN (SELECT * FROM paths WHERE parent = 0) AS q ON q.partition = p.partition AND q.id = p.stack`,
    ),
  );
  const values = bigintsOf(answer, "value");
  return new Map(textsOf(answer, "key").map((key, i) => [key, values[i]!]));
}

it("stores what a slow and obvious model says", async () => {
  const state = {
    partitions: new SymbolPartitions(1 << 20),
    resolver: new SeriesResolver(1 << 20),
  };
  let run = 0;
  await fc.assert(
    // A query costs more than a profile, so several services are looked at together.
    fc.asyncProperty(fc.array(profile, { maxLength: 8 }), async (profiles) => {
      const prefix = `model-${run++}`;
      const batch = new OpenBatch();
      const expected = new Map<string, bigint>();
      const counts: [found: number, expected: number][] = [];
      profiles.forEach((samples, i) => {
        const service = `${prefix}-${i}`;
        const sums = model(samples, service);
        counts.push([append(toProfile(samples), service, batch), sums.size]);
        for (const [key, sum] of sums) expected.set(key, sum);
      });
      await committer.commit([batch.seal(engine.scratchDirectory, prefix).batch]);
      // Only now, so that a failure leaves no number without its symbols to the next run.
      expect(await stored(prefix)).toEqual(expected);
      for (const [found, wanted] of counts) expect(found).toBe(wanted);
    }),
    { numRuns: 20 },
  );

  function append(decoded: Profile, service: string, batch: OpenBatch): number {
    // One partition for all runs, so that known and new symbols meet.
    const partition = state.partitions.get("anonymous", "one", 0);
    const symbols = new ProfileSymbols(decoded, partition, batch.symbols, (id) => id);
    expect(symbols.numberStrings()).toBe(-1);
    const labels = [
      ["__name__", "memory"],
      ["service_name", service],
    ] as const;
    return appendProfile(decoded, {
      rows: batch.day(0),
      symbols,
      partition,
      profileId: new Uint8Array(16),
      timeNanos: 1_000_000n,
      maxDepth: 0,
      resolveSet: (own) =>
        state.resolver.resolve("anonymous", labels, service, own, defaultLimits, ""),
      useSeries: (set, names) => {
        const series = state.resolver.seriesOf(set, names);
        batch.series.note(series, 0, 1);
        return series;
      },
    });
  }
});
