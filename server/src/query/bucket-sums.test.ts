import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultLimits } from "../limits.ts";
import { type Engine, openEngine } from "../store/engine.ts";
import { bucketSql, bucketSums, nanosToMs } from "./bucket-sums.ts";
import type { QueryScope } from "./query-scope.ts";
import { SeriesIndex } from "./series-index.ts";
import { seriesOf } from "./series-source.ts";

const startMs = Math.floor(Date.now() / 86_400_000) * 86_400_000;
const stepMs = 1000;

let directory: string;
let engine: Engine;
let scope: QueryScope;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pyrospan-buckets-"));
  engine = await openEngine(directory, { fsync: false });
  scope = {
    engine,
    seriesIndex: new SeriesIndex(engine, { maxBytes: 1 << 28 }),
    tenants: ["one"],
    limits: defaultLimits,
    signal: new AbortController().signal,
    deadlineMs: Infinity,
    openDays: undefined,
    nowMs: startMs,
  };
});

afterAll(async () => {
  await engine?.close();
  await rm(directory, { recursive: true, force: true });
});

/** Stores profiles of the totals 1, 2, ...: one a millisecond for 4 s and over again, in so many series of 3 regions. */
async function fill(dataset: number, profiles: number, series: number): Promise<void> {
  await engine.command(
    `INSERT INTO series SELECT 'one', toDate(${startMs / 1000}), ${dataset}, number + ${dataset}, 's${dataset}', 't:a:b:c:d', ['region'], [concat('r', toString(number % 3))], ${startMs}, ${startMs + 899_999} FROM numbers(${series})`,
  );
  await engine.command(
    `INSERT INTO profiles (dataset, series, time, profile, partition, total) SELECT ${dataset}, number % ${series} + ${dataset}, (${startMs} + number % 4000) * 1000000, number, 1, number + 1 FROM numbers(${profiles})`,
  );
}

describe("sums by bucket", () => {
  it.each([
    ["of few profiles, added up here", 900, 6],
    ["of more, added up by the engine", 20_010, 6],
    ["of many series, also joined by it", 210_000, 70_002],
  ])("%s", async (_, profiles, series) => {
    const dataset = profiles * 1000;
    await fill(dataset, profiles, series);
    const range = { startMs, endMs: startMs + 10_000 };
    const filter = {
      tenants: ["one"],
      range,
      matchers: [{ name: "service_name", op: "=" as const, value: `s${dataset}` }],
    };
    const answers = await seriesOf(scope, filter);
    for (const groupBy of [["region"], []]) {
      const expected = new Map<string, number>();
      for (let i = 0; i < profiles; i++) {
        const region = groupBy.length === 0 ? "" : `r${(i % series) % 3}`;
        const key = `${region} ${Math.ceil((i % 4000) / stepMs)}`;
        expected.set(key, (expected.get(key) ?? 0) + i + 1);
      }
      const groups = await bucketSums(scope, {
        series: answers,
        selection: `dataset = ${dataset}`,
        range,
        stepMs,
        bucket: bucketSql(range, stepMs),
        groupBy,
      });
      const got = groups.flatMap(({ key, buckets }) =>
        Array.from(buckets, ([bucket, value]) => [`${key.join()} ${bucket}`, value] as const),
      );
      expect(new Map(got)).toEqual(expected);
      expect(got).toHaveLength(expected.size);
    }
  });
});

describe("milliseconds of nanoseconds", () => {
  it("are whole and exact, at the edges too", () => {
    for (const ms of [0n, 1n, 4294n, 1_795_492_880_418n, 9_223_372_036_853n]) {
      for (const nanos of [0n, 1n, 499_999n, 999_999n]) {
        const time = ms * 1_000_000n + nanos;
        expect(nanosToMs(Number(time >> 32n), Number(time & 0xffff_ffffn))).toBe(Number(ms));
      }
    }
  });
});
