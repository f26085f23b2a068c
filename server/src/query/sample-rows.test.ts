import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultLimits } from "../limits.ts";
import { type Engine, openEngine } from "../store/engine.ts";
import { OpenDays } from "../store/open-days.ts";
import { rollUp } from "../store/roll-up.ts";
import type { QueryScope } from "./query-scope.ts";
import { readSamples } from "./read-samples.ts";
import { sampleRows } from "./sample-rows.ts";
import { SeriesIndex } from "./series-index.ts";
import type { Selection } from "./series-selection.ts";
import { type PartitionSums, sumSamples } from "./sum-samples.ts";
import type { TimeRange } from "./time-range.ts";
import { saturate } from "./values.ts";

const HOUR_MS = 3_600_000;
const FIRST_DAY = 20_000;
const DAYS = 3;
const NOTHING_ASKED = { profile: undefined, spans: undefined };
const signal = new AbortController().signal;

let directory: string;
let engine: Engine;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pyrospan-sample-rows-"));
  engine = await openEngine(directory, { fsync: false });
});

afterAll(async () => {
  await engine?.close();
  await rm(directory, { recursive: true, force: true });
});

/** A row of `profiles`. */
interface Row {
  readonly series: number;
  readonly partition: number;
  /** Nanoseconds since the first day. */
  readonly time: bigint;
  readonly samples: readonly { readonly stack: number; readonly value: bigint }[];
}

/** Nanoseconds into an hour: the first and last ones, its last full millisecond, its middle. */
const WITHIN = [0n, 1n, 1_800_000_000_000n, 3_599_999_000_000n, 3_599_999_999_999n];

const anyTime = fc
  .record({
    hour: fc.nat(DAYS * 24 - 1),
    within: fc.constantFrom(...WITHIN),
  })
  .map(({ hour, within }) => BigInt(hour) * 3_600_000_000_000n + within);

const anyRow: fc.Arbitrary<Row> = fc.record({
  series: fc.constantFrom(1, 2, 3),
  partition: fc.constantFrom(7, 8),
  time: anyTime,
  samples: fc.array(
    fc.record({
      stack: fc.constantFrom(0, 1, 2, 1500),
      value: fc.constantFrom(1n, -1n, 5n, 2n ** 62n, -(2n ** 62n), 2n ** 63n - 1n, -(2n ** 63n)),
    }),
    { maxLength: 4 },
  ),
});

const rows = fc.array(anyRow, { minLength: 1, maxLength: 6 });

const anyAction = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("commit" as const), rows }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("begin" as const), rows }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("finish" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail" as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("round" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("crash" as const), row: anyRow }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("drop" as const), day: fc.nat(DAYS - 1) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const) }) },
);
type Action = typeof anyAction extends fc.Arbitrary<infer T> ? T : never;

const anyMoment = fc
  .record({
    hour: fc.integer({ min: -2, max: DAYS * 24 + 2 }),
    within: fc.constantFrom(-1, 0, 1, 1_800_000),
  })
  .map(({ hour, within }) => (FIRST_DAY * 24 + hour) * HOUR_MS + within);

const anyRange: fc.Arbitrary<TimeRange> = fc
  .tuple(anyMoment, anyMoment)
  .map(([a, b]) => ({ startMs: Math.min(a, b), endMs: Math.max(a, b) }));

/** What should be there, by itself; the store gets the same. */
class Model {
  stored: (Row & { readonly ordinal: bigint })[] = [];
  settled = 0n;
  openDays = new OpenDays();
  private next = 1n;

  async act(action: Action): Promise<void> {
    switch (action.kind) {
      case "commit":
        await this.insert(action.rows);
        return this.finish();
      case "begin":
        return await this.insert(action.rows);
      case "finish":
        return this.finish();
      case "fail":
        await engine.command(
          `ALTER TABLE profiles DELETE WHERE profile > ${this.settled} SETTINGS mutations_sync = 2`,
        );
        this.stored = this.stored.filter(({ ordinal }) => ordinal <= this.settled);
        return this.finish();
      case "round":
        expect((await rollUp(engine, this.openDays, signal)).failures).toEqual([]);
        return;
      case "crash":
        return await this.crash(action.row);
      case "drop":
        for (const table of ["profiles", "hours"]) {
          await engine.command(
            `ALTER TABLE ${table} DROP PARTITION ID '${FIRST_DAY + action.day}'`,
          );
        }
        this.stored = this.stored.filter(({ time }) => dayOf(time) !== action.day);
        return;
      case "reopen":
        await engine.close();
        engine = await openEngine(directory, { fsync: false });
        this.openDays = new OpenDays();
        return this.finish();
    }
  }

  sums({ startMs, endMs }: TimeRange, series: readonly number[]): string[] {
    const sums = new Map<string, bigint>();
    for (const row of this.stored) {
      const time = FIRST_DAY_NANOS + row.time;
      const isInRange = time >= BigInt(startMs) * 1_000_000n && time <= BigInt(endMs) * 1_000_000n;
      if (!isInRange || !series.includes(row.series)) continue;
      for (const { stack, value } of row.samples) {
        const key = `${row.partition}:${stack}`;
        sums.set(key, (sums.get(key) ?? 0n) + value);
      }
    }
    return Array.from(sums, ([key, sum]) => `${key} ${saturate(sum)}`).sort();
  }

  private finish(): void {
    const added = this.stored.filter(({ ordinal }) => ordinal > this.settled);
    this.settled = this.next - 1n;
    this.openDays.settle(
      this.settled,
      added.map(({ time }) => FIRST_DAY + dayOf(time)),
    );
  }

  private async insert(added: readonly Row[]): Promise<void> {
    const values = added.map((row) => {
      const ordinal = this.next++;
      this.stored.push({ ...row, ordinal });
      const stacks = row.samples.map(({ stack }) => stack);
      const own = row.samples.map(({ value }) => value);
      return `(1, ${row.series}, ${FIRST_DAY_NANOS + row.time}, ${ordinal}, ${row.partition}, [${stacks}], [${own}])`;
    });
    await engine.command(
      `INSERT INTO profiles (dataset, series, time, profile, partition, stack, value) VALUES ${values}`,
    );
  }

  /** A round of which only a part was written: what it has is never right. */
  private async crash(row: Row): Promise<void> {
    if (this.settled <= (await markOf(dayOf(row.time)))) return;
    await engine.command(
      `INSERT INTO hours SELECT 1, ${row.series}, ${FIRST_DAY * 24 + Number(row.time / 3_600_000_000_000n)}, 7, ${this.settled}, [1], [4711]`,
    );
  }
}

const FIRST_DAY_NANOS = BigInt(FIRST_DAY) * 86_400_000_000_000n;

function dayOf(time: bigint): number {
  return Number(time / 86_400_000_000_000n);
}

async function markOf(day: number): Promise<bigint> {
  const text = await engine.query(
    `SELECT max(upto) FROM hours WHERE dataset = 0 AND intDiv(hour, 24) = ${FIRST_DAY + day} FORMAT TSV`,
  );
  return BigInt(Buffer.from(text).toString().trim());
}

async function emptied(): Promise<void> {
  await engine.command("TRUNCATE TABLE profiles");
  await engine.command("TRUNCATE TABLE hours");
}

function selectionOf(range: TimeRange, series: readonly number[]): Selection {
  const ids = `dataset = 1 AND series IN (${series.join()})`;
  const nanos = (ms: number): bigint => BigInt(ms) * 1_000_000n;
  const where = `${ids} AND time >= ${nanos(range.startMs)} AND time <= ${nanos(range.endMs)}`;
  return { where, series: ids, range, datasets: 1 };
}

function scopeOf(openDays: OpenDays | undefined): QueryScope {
  return {
    engine,
    seriesIndex: new SeriesIndex(engine, { maxBytes: 1 << 20 }),
    tenants: ["one"],
    limits: defaultLimits,
    signal,
    deadlineMs: Infinity,
    nowMs: 0,
    openDays,
  };
}

function textOf(parts: readonly PartitionSums[] | undefined): string[] {
  return parts!
    .flatMap(({ partition, stacks, values }) =>
      Array.from(stacks, (stack, i) => `${partition}:${stack} ${values[i]}`),
    )
    .sort();
}

describe("sums by hour and the profiles beside them", () => {
  it("are the sums of the profiles, whatever happened to the store", async () => {
    let used = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyAction, { minLength: 4, maxLength: 14 }),
        fc.array(fc.tuple(anyRange, fc.subarray([1, 2, 3], { minLength: 1 })), {
          minLength: 3,
          maxLength: 3,
        }),
        async (actions, questions) => {
          const model = new Model();
          try {
            for (const action of actions) await model.act(action);
            await model.act({ kind: "finish" });
            for (const [range, series] of questions) {
              const wanted = model.sums(range, series);
              const selection = selectionOf(range, series);
              const rows = await sampleRows(scopeOf(model.openDays), selection, NOTHING_ASKED);
              if (rows.hours !== undefined) {
                used++;
                expect(textOf(await sumSamples(scopeOf(undefined), rows, NOTHING_ASKED))).toEqual(
                  wanted,
                );
              }
              const without = await sampleRows(scopeOf(undefined), selection, NOTHING_ASKED);
              expect(without).toEqual({ profiles: selection.where, hours: undefined });
              const sums = await readSamples(scopeOf(undefined), selection.where, NOTHING_ASKED);
              expect(textOf(sums)).toEqual(wanted);
            }
          } finally {
            await emptied();
          }
        },
      ),
      { numRuns: 20 },
    );
    expect(used).toBeGreaterThan(5);
  }, 60_000);

  it("are those of the hours that are in the range to their last nanosecond", async () => {
    const model = new Model();
    const hours = [3n, 4n, 5n, 6n, 7n, 8n];
    const moments = hours.flatMap((hour) => WITHIN.map((ns) => hour * 3_600_000_000_000n + ns));
    const rows = moments.map((time, i) => {
      return { series: 1, partition: 7, time, samples: [{ stack: i, value: 1n }] };
    });
    await model.act({ kind: "commit", rows });
    await model.act({ kind: "round" });
    const near = (hour: number): number[] =>
      [-1, 0, 1].map((ms) => (FIRST_DAY * 24 + hour) * HOUR_MS + ms);
    for (const startMs of near(4)) {
      for (const endMs of near(8)) {
        const range = { startMs, endMs };
        const asked = await sampleRows(
          scopeOf(model.openDays),
          selectionOf(range, [1]),
          NOTHING_ASKED,
        );
        expect(asked.hours).toBeDefined();
        const sums = await sumSamples(scopeOf(undefined), asked, NOTHING_ASKED);
        expect(textOf(sums)).toEqual(model.sums(range, [1]));
      }
    }
    await emptied();
  });

  it("may be of as many datasets and series as a statement lists", async () => {
    const model = new Model();
    const row: Row = { series: 1, partition: 7, time: 0n, samples: [{ stack: 1, value: 1n }] };
    await model.act({ kind: "commit", rows: [row] });
    await model.act({ kind: "round" });
    const startMs = FIRST_DAY * 24 * HOUR_MS;
    const range = { startMs, endMs: startMs + 30 * 24 * HOUR_MS };
    const ids = Array.from({ length: 2000 }, (_, i) => 2n ** 64n - 1n - BigInt(i)).join();
    const either = `(dataset IN (1, ${ids}) OR (dataset IN (${ids}) AND series IN (${ids})))`;
    const { where } = selectionOf(range, [1]);
    const selection = { where: `${either} AND ${where}`, series: either, range, datasets: 4000 };
    const rows = await sampleRows(scopeOf(model.openDays), selection, NOTHING_ASKED);
    expect(rows.hours).toBeDefined();
    expect(textOf(await sumSamples(scopeOf(undefined), rows, NOTHING_ASKED))).toEqual(["7:1 1"]);
    await emptied();
  });

  it("are not asked for ids, short ranges and days without a mark", async () => {
    const model = new Model();
    const row: Row = { series: 1, partition: 7, time: 0n, samples: [{ stack: 1, value: 1n }] };
    await model.act({ kind: "commit", rows: [row] });
    await model.act({ kind: "round" });
    const startMs = FIRST_DAY * 24 * HOUR_MS;
    const hoursFor = async (
      range: TimeRange,
      filter: Parameters<typeof sampleRows>[2] = NOTHING_ASKED,
    ) =>
      (await sampleRows(scopeOf(model.openDays), selectionOf(range, [1]), filter)).hours !==
      undefined;
    const day = { startMs, endMs: startMs + 24 * HOUR_MS };
    expect(await hoursFor(day)).toBe(true);
    expect(await hoursFor({ startMs, endMs: startMs + 3 * HOUR_MS })).toBe(true);
    expect(await hoursFor({ startMs, endMs: startMs + 3 * HOUR_MS - 1 })).toBe(false);
    expect(await hoursFor(day, { ...NOTHING_ASKED, profile: "profile_id = '1'" })).toBe(false);
    const next = { startMs: day.endMs, endMs: day.endMs + 24 * HOUR_MS };
    expect(await hoursFor(next)).toBe(false);
  });
});
