import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { holdQueries } from "../../test/hold-queries.ts";
import { insertNative } from "../../test/insert-native.ts";
import { defaultLimits } from "../limits.ts";
import { type Engine, openEngine } from "../store/engine.ts";
import {
  ArrayColumn,
  encodeNativeBlock,
  StringColumn,
  Uint16Column,
  Uint64Column,
} from "../store/native-block.ts";
import { parseLabelSelector } from "./label-selector.ts";
import type { QueryScope } from "./query-scope.ts";
import type { SeriesAnswers } from "./series-answers.ts";
import { SeriesByStatement } from "./series-by-statement.ts";
import { dayOf, type SeriesFilter } from "./series-filter.ts";
import { SeriesInMemory } from "./series-in-memory.ts";
import { SeriesIndex } from "./series-index.ts";
import { seriesOf } from "./series-source.ts";

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;
const day0 = dayOf(Date.now()) - 3;

/** A row of `series`. */
interface Row {
  readonly tenant: string;
  readonly service: string;
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly day: number;
  readonly quarter: number;
}

let directory: string;
let engine: Engine;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pyrospan-series-"));
  engine = await openEngine(directory, { fsync: false });
});

afterAll(async () => {
  await engine?.close();
  await rm(directory, { recursive: true, force: true });
});

const ids = new Map<string, bigint>();

/** A number for a text, the same each time, with both halves in use. */
function idOf(text: string): bigint {
  let id = ids.get(text);
  if (id === undefined) {
    id = 0xf000_0000_0000_0000n + BigInt(ids.size) * 0x1_0000_0001n;
    ids.set(text, id);
  }
  return id;
}

async function insert(rows: readonly Row[]): Promise<void> {
  const table = {
    tenant: new StringColumn(),
    day: new Uint16Column("Date"),
    dataset: new Uint64Column(),
    series: new Uint64Column(),
    service: new StringColumn(),
    profile_type: new StringColumn(),
    label_names: new ArrayColumn(new StringColumn()),
    label_values: new ArrayColumn(new StringColumn()),
    min_time: new Uint64Column("Int64"),
    max_time: new Uint64Column("Int64"),
  };
  for (const { tenant, service, type, labels, day, quarter } of rows) {
    const all = Object.entries({ ...labels, __profile_type__: type, service_name: service })
      .filter(([, value]) => value !== "")
      .sort(([a], [b]) => (a < b ? -1 : 1));
    table.tenant.pushText(tenant);
    table.day.push(day);
    table.dataset.pushBigint(idOf(JSON.stringify([tenant, service, type])));
    table.series.pushBigint(idOf(JSON.stringify([tenant, all])));
    table.service.pushText(service);
    table.profile_type.pushText(type);
    for (const [name, value] of all) {
      table.label_names.items.pushText(name);
      table.label_values.items.pushText(value);
    }
    table.label_names.endRow();
    table.label_values.endRow();
    const minMs = day * DAY_MS + quarter * QUARTER_MS;
    table.min_time.pushBigint(BigInt(minMs));
    table.max_time.pushBigint(BigInt(minMs + QUARTER_MS - 1));
  }
  await insertNative(engine, "series", encodeNativeBlock(table));
}

const row: fc.Arbitrary<Row> = fc.record({
  tenant: fc.constantFrom("one", "two"),
  service: fc.constantFrom("shop", "shop-b", "pay"),
  type: fc.constantFrom("cpu:a:b:c:d", "mem:a:b:c:d"),
  labels: fc.record({
    pod: fc.constantFrom("", "p1", "p2", "p22"),
    région: fc.constantFrom("", "é", "eu"),
    "a.b": fc.constantFrom("", "x"),
    __sampled__: fc.constantFrom("", "", "", "true"),
  }),
  day: fc.integer({ min: day0, max: day0 + 2 }),
  quarter: fc.integer({ min: 0, max: 95 }),
});

const selector = fc
  .array(
    fc.constantFrom(
      'service_name="shop"',
      'service_name=~"shop.*"',
      'service_name!="pay"',
      'service_name!~"shop|pay"',
      '__profile_type__="cpu:a:b:c:d"',
      'pod="p1"',
      'pod=~"p2.*|"',
      'pod=~".+"',
      'pod!~"p1"',
      'pod=""',
      '"région"="é"',
      'missing=""',
      'missing="x"',
    ),
    { maxLength: 3 },
  )
  .map((parts) => parseLabelSelector(`{${parts.join()}}`));

const filter: fc.Arbitrary<SeriesFilter> = fc
  .record({
    tenants: fc.constantFrom(["one"], ["two"], ["one", "two"], ["nobody"]),
    startMs: fc.integer({ min: day0 * DAY_MS - 3_600_000, max: (day0 + 3) * DAY_MS }),
    lengthMs: fc.constantFrom(0, 60_000, 3_600_000, DAY_MS, 3 * DAY_MS),
    profileType: fc.constantFrom(undefined, undefined, "cpu:a:b:c:d"),
    matchers: selector,
  })
  .map(({ startMs, lengthMs, ...rest }) => ({
    ...rest,
    range: { startMs, endMs: startMs + lengthMs },
  }));

function scopeOf(index: SeriesIndex): QueryScope {
  return {
    engine,
    seriesIndex: index,
    tenants: ["one"],
    limits: defaultLimits,
    signal: new AbortController().signal,
    deadlineMs: Infinity,
    openDays: undefined,
    nowMs: Date.now(),
  };
}

/** Everything that can be asked, in an order of its own. */
async function everything(series: SeriesAnswers, known: Iterable<bigint>): Promise<object> {
  const sorted = (items: Iterable<unknown>): string[] =>
    Array.from(items, (item) =>
      JSON.stringify(item, (_, v) => (typeof v === "bigint" ? `${v}` : v)),
    ).sort();
  const { whole, cut, cutSeries } = await series.datasets();
  const sets = await series.labelSets();
  return {
    whole: sorted(whole),
    cut: sorted(cut),
    cutSeries: sorted(cutSeries ?? ["many"]),
    types: sorted(await series.profileTypes()),
    names: sorted(await series.labelNames()),
    pods: sorted(await series.labelValues("pod")),
    services: sorted(await series.labelValues("service_name")),
    sets: sorted(new Set(sets.map(({ names, values }) => JSON.stringify([names, values])))),
    reduced: sorted(new Set(sorted(await series.reducedSets(["pod", "service_name", "région"])))),
    byPod: sorted(new Set(sorted(await series.reducedSets(["pod"])))),
    labels: sorted(await series.labelsOf(known)),
  };
}

describe("series from memory", () => {
  it("are those that the engine finds, also those that came later", async () => {
    const index = new SeriesIndex(engine, { maxBytes: 1 << 26 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 6 }),
        fc.array(filter, { minLength: 1, maxLength: 4 }),
        async (rows, filters) => {
          await insert(rows);
          // The engine looks at rows one by one until it has merged those of a series.
          await engine.command("OPTIMIZE TABLE series FINAL");
          for (const one of filters) {
            const inMemory = await seriesOf(scopeOf(index), one);
            expect(inMemory).toBeInstanceOf(SeriesInMemory);
            const byStatement = new SeriesByStatement(scopeOf(index), one);
            const known = [...(await byStatement.labelsOf(ids.values())).keys()];
            expect(await everything(inMemory, known)).toEqual(await everything(byStatement, known));
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  const aDay = day0 - 10;
  const of = (service: string, day = aDay): Row => ({
    tenant: "later",
    service,
    type: "cpu:a:b:c:d",
    labels: {},
    day,
    quarter: 4,
  });
  const services = async (index: SeriesIndex, tenant = "later"): Promise<readonly string[]> => {
    const range = { startMs: aDay * DAY_MS, endMs: (aDay + 2) * DAY_MS };
    const series = await seriesOf(scopeOf(index), { tenants: [tenant], range, matchers: [] });
    return [...(await series.labelValues("service_name"))].sort();
  };

  it("follow inserts of every kind and what retention removes", async () => {
    const index = new SeriesIndex(engine, { maxBytes: 1 << 26 });
    await insert([of("a")]);
    expect(await services(index)).toEqual(["a"]);
    await insert([of("b"), of("c", aDay + 1)]);
    expect(await services(index)).toEqual(["a", "b", "c"]);
    await engine.command(
      `INSERT INTO series SELECT * REPLACE('d' AS service, 7 AS dataset, 8 AS series) FROM (SELECT * FROM series WHERE tenant = 'later' AND service = 'a')`,
    );
    expect(await services(index)).toEqual(["a", "b", "c", "d"]);
    await engine.command(
      `ALTER TABLE series DROP PARTITION '${new Date(aDay * DAY_MS).toISOString().slice(0, 10)}'`,
    );
    expect(await services(index)).toEqual(["c"]);
  });

  it("are left to the engine when they take too much memory, or many days, or a hard expression", async () => {
    const tight = new SeriesIndex(engine, { maxBytes: 100 });
    await insert([of("e")]);
    expect(await services(tight)).toEqual(["c", "e"]);
    expect(tight.bytes).toBe(0);
    const index = new SeriesIndex(engine, { maxBytes: 1 << 26 });
    const matchers = parseLabelSelector('{service_name=~"[ce]"}');
    const long = { startMs: 0, endMs: Date.now() };
    const short = { startMs: aDay * DAY_MS, endMs: aDay * DAY_MS + 1 };
    for (const filter of [
      { tenants: ["later"], range: long, matchers: [] },
      { tenants: ["later"], range: short, matchers },
    ]) {
      expect(await seriesOf(scopeOf(index), filter)).toBeInstanceOf(SeriesByStatement);
    }
  });

  it("are let go when inserts make them too many or too large", async () => {
    const ofCrowd = (service: string): Row => ({ ...of(service), tenant: "crowd" });
    await insert([ofCrowd("first")]);
    const small = new SeriesIndex(engine, { maxBytes: 1 << 26, maxDayRows: 3 });
    const tight = new SeriesIndex(engine, { maxBytes: 4000 });
    for (const index of [small, tight]) {
      expect(await services(index, "crowd")).toEqual(["first"]);
      expect(index.bytes).toBeGreaterThan(0);
    }
    await insert(Array.from({ length: 20 }, (_, i) => ofCrowd(`${i}`)));
    for (const index of [small, tight]) {
      expect(index.bytes).toBe(0);
      expect(await services(index, "crowd")).toHaveLength(21);
    }
  });

  it("are read once for all who ask at a time", async () => {
    const index = new SeriesIndex(engine, { maxBytes: 1 << 26 });
    const query = vi.spyOn(engine, "query");
    const answers = await Promise.all(Array.from({ length: 20 }, () => services(index)));
    expect(new Set(answers.map((answer) => answer.join()))).toEqual(new Set(["c,e"]));
    // One for each of the three days.
    expect(query).toHaveBeenCalledTimes(3);
    query.mockRestore();
  });

  it("are read on for those who may wait when the time of who began it is up, no longer than for the last", async () => {
    const held = holdQueries(engine);
    const index = new SeriesIndex(held.engine, { maxBytes: 1 << 26 });
    const range = { tenants: ["later"], first: aDay, last: aDay };
    const late = { code: "deadline_exceeded" };
    await expect(index.days(range, { timeoutMs: 10 })).rejects.toMatchObject(late);
    expect(held.signals.map((signal) => signal?.aborted)).toEqual([true]);
    const short = index.days(range, { timeoutMs: 10 });
    const long = index.days(range, { timeoutMs: 60_000 });
    await expect(short).rejects.toMatchObject(late);
    held.open();
    expect(await long).toHaveLength(1);
    expect(held.signals.map((signal) => signal?.aborted)).toEqual([true, false]);
  });
});
