import { bigintsOf, type NativeResult, numbersOf, textListsOf } from "../store/native-reader.ts";
import { CHEAP_READ, type QueryScope, runForQuery, runStatement } from "./query-scope.ts";
import type { SeriesAnswers, SeriesLabels } from "./series-answers.ts";
import { labelValue, seriesWhere } from "./series-filter.ts";
import { inRanges, type Steps } from "./sliced.ts";
import type { TimeRange } from "./time-range.ts";

/**
 * The bucket of a moment: the first point at or after it; what lies before the first point counts there. -1 past the
 * last point.
 */
export function bucketOf(timeMs: number, range: TimeRange, stepMs: number): number {
  const bucket = Math.max(0, Math.ceil((timeMs - range.startMs) / stepMs));
  return range.startMs + bucket * stepMs > range.endMs ? -1 : bucket;
}

/** Which profiles to add up, and how. */
export interface SeriesParts {
  readonly series: SeriesAnswers;
  /** Condition on `profiles`. */
  readonly selection: string;
  readonly range: TimeRange;
  readonly stepMs: number;
  /** {@link bucketOf} in SQL. */
  readonly bucket: string;
  readonly groupBy: readonly string[];
}

/** Statement for the values of the labels grouped by, for each series. */
export function keysOf({ series, groupBy }: SeriesParts): string {
  const key = `[${groupBy.map(labelValue).join(", ")}]::Array(String)`;
  return `SELECT series, any(${key}) AS key FROM series WHERE ${seriesWhere(series.filter)} GROUP BY series`;
}

/** {@link bucketOf} in SQL, as a double: a column of those is read without a bigint for each row. */
export function bucketSql(range: TimeRange, stepMs: number): string {
  return `toFloat64(intDiv(greatest(intDiv(time, 1000000) - ${range.startMs}, 0) + ${stepMs - 1}, ${stepMs}))`;
}

/** Profiles above which the engine adds them up, and sums by series and bucket above which it also joins these. */
const MAX_PROFILES_HERE = 20_000;
const MAX_SUMS_HERE = 200_000;

/** Sums by bucket. Sums of doubles are exact up to 2^53 and do not wrap beyond. */
export async function bucketSums(scope: QueryScope, parts: SeriesParts): Promise<readonly Group[]> {
  const { selection, bucket, groupBy } = parts;
  const series = groupBy.length > 0 ? "series, " : "";
  const from = `FROM profiles WHERE ${selection}`;
  const profiles = await runStatement(
    scope,
    `SELECT ${series}time, total ${from} LIMIT ${MAX_PROFILES_HERE + 1} SETTINGS ${CHEAP_READ}`,
  );
  if (profiles.rows <= MAX_PROFILES_HERE) {
    return await sumsBySeries(scope, parts, profiles, bucketsOfProfiles(profiles, parts));
  }
  const sums = `SELECT ${series}${bucket} AS bucket, sum(toFloat64(total)) AS value ${from} GROUP BY ${series}bucket`;
  const few = await runStatement(scope, `${sums} LIMIT ${MAX_SUMS_HERE + 1}`);
  if (few.rows <= MAX_SUMS_HERE) return await sumsBySeries(scope, parts, few, bucketsOfSums(few));
  const result = await runStatement(
    scope,
    `SELECT key, bucket, sum(value) AS value FROM (${sums}) AS sums INNER JOIN (${keysOf(parts)}) AS keys USING (series)
     GROUP BY key, bucket`,
  );
  const keys = textListsOf(result, "key");
  const groups = new Groups();
  const groupOf = (row: number): Group => groups.of(keys[row]!);
  return await runForQuery(scope, addUp(groups, groupOf, bucketsOfSums(result)));
}

/** Rows with a bucket, below 0 for none, and a value each. */
interface Buckets {
  readonly rows: number;
  readonly bucket: (row: number) => number;
  readonly value: (row: number) => number;
}

/** Calculated here, which saves the engine a tenth of the statement's time. */
function bucketsOfProfiles(profiles: NativeResult, { range, stepMs }: SeriesParts): Buckets {
  const times = bigintsOf(profiles, "time");
  const totals = bigintsOf(profiles, "total");
  const time = new Int32Array(times.buffer, times.byteOffset, profiles.rows * 2);
  const total = new Int32Array(totals.buffer, totals.byteOffset, profiles.rows * 2);
  return {
    rows: profiles.rows,
    bucket: (row) => bucketOf(nanosToMs(time[row * 2 + 1]!, time[row * 2]! >>> 0), range, stepMs),
    value: (row) => total[row * 2 + 1]! * 4_294_967_296 + (total[row * 2]! >>> 0),
  };
}

function bucketsOfSums(sums: NativeResult): Buckets {
  const buckets = numbersOf(sums, "bucket");
  const values = numbersOf(sums, "value");
  return { rows: sums.rows, bucket: (row) => buckets[row]!, value: (row) => values[row]! };
}

/**
 * Whole milliseconds of the nanoseconds `high * 2^32 + low`, exactly: 2^32 is 4294 ms and 967,296 ns, so that nothing
 * here passes 2^53.
 */
export function nanosToMs(high: number, low: number): number {
  return high * 4294 + Math.floor((high * 967_296 + low) / 1_000_000);
}

/** Sums of rows that name their series, where anything is grouped by. */
async function sumsBySeries(
  scope: QueryScope,
  { series, groupBy }: SeriesParts,
  rows: NativeResult,
  buckets: Buckets,
): Promise<readonly Group[]> {
  const groups = new Groups();
  const none = groups.of(groupBy.map(() => ""));
  if (groupBy.length === 0)
    return await runForQuery(
      scope,
      addUp(groups, () => none, buckets),
    );
  const ids = bigintsOf(rows, "series");
  const labels = await series.labelsOf(new Set<bigint>(ids));
  const groupOfSeries = new Map(
    Array.from(labels, ([id, of]) => [id, groups.of(groupBy.map((name) => labelOf(of, name)))]),
  );
  const groupOf = (row: number): Group => groupOfSeries.get(ids[row]!) ?? none;
  return await runForQuery(scope, addUp(groups, groupOf, buckets));
}

function labelOf({ names, values }: SeriesLabels, name: string): string {
  return values[names.indexOf(name)] ?? "";
}

/** What the series that share the values of the labels grouped by sum up to, by bucket. */
export interface Group {
  readonly key: readonly string[];
  readonly buckets: Map<number, number>;
}

class Groups {
  private readonly byKey = new Map<string, Group>();

  of(key: readonly string[]): Group {
    const text = JSON.stringify(key);
    let group = this.byKey.get(text);
    if (group === undefined) {
      group = { key, buckets: new Map() };
      this.byKey.set(text, group);
    }
    return group;
  }

  /** Those with at least one bucket. */
  filled(): Group[] {
    return [...this.byKey.values()].filter(({ buckets }) => buckets.size > 0);
  }
}

function* addUp(
  groups: Groups,
  groupOf: (row: number) => Group,
  rows: Buckets,
): Steps<readonly Group[]> {
  yield* inRanges(rows.rows, (from, to) => {
    for (let row = from; row < to; row++) {
      const bucket = rows.bucket(row);
      if (bucket < 0) continue;
      const { buckets } = groupOf(row);
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + rows.value(row));
    }
  });
  return groups.filled();
}
