import {
  bigintsOf,
  type NativeResult,
  numbersOf,
  textListsOf,
  uuidText,
} from "../store/native-reader.ts";
import { compareUtf8 } from "./frame-tree.ts";
import { compareLabels, type LabelPairData, labelPairs } from "./label-queries.ts";
import { invalidArgument } from "./query-error.ts";
import { CHEAP_READ, type QueryScope, runStatement } from "./query-scope.ts";
import type { SeriesAnswers, SeriesLabels } from "./series-answers.ts";
import { labelValue, type SeriesFilter, seriesWhere } from "./series-filter.ts";
import { selectProfiles } from "./series-selection.ts";
import { seriesOf } from "./series-source.ts";
import { inRanges, runSliced, type Steps } from "./sliced.ts";
import type { TimeRange } from "./time-range.ts";

/** The profile that had the largest value of a point. */
export interface ExemplarData {
  readonly timestampMs: number;
  readonly profileId: string;
  readonly value: bigint;
  readonly labels: readonly LabelPairData[];
}

/** The sum of the profiles since the point before. */
export interface PointData {
  readonly timestampMs: number;
  readonly value: number;
  readonly exemplar: ExemplarData | undefined;
}

/** Points of the profiles that share the values of the labels grouped by, ascending by time. */
export interface TimeSeriesData {
  readonly labels: readonly LabelPairData[];
  readonly points: readonly PointData[];
}

/** What to add up, and how. */
export interface TimeSeriesQuery {
  readonly tenants: readonly string[];
  readonly profileType: string;
  readonly matchers: SeriesFilter["matchers"];
  /** First and last moment of the grid: points are at `startMs`, one step later, ... up to `endMs`. */
  readonly range: TimeRange;
  readonly stepMs: number;
  readonly groupBy: readonly string[];
  /** Number of series, those with the largest sums; 0 for all. */
  readonly limit: number;
  readonly exemplars: boolean;
}

/** Longer than all time that is stored; longer steps give the same. */
const MAX_STEP_MS = 4_000_000_000_000;

/** The step of a request, in seconds, as whole milliseconds. Throws `invalid_argument`. */
export function stepMillis(seconds: number): number {
  const ms = Math.trunc(seconds * 1000);
  // Infinity and NaN are refused as well, which the original answers with nothing.
  if (!Number.isFinite(ms) || seconds < 0.001 || ms < 1) {
    throw invalidArgument("step must be >= 1ms");
  }
  return Math.min(ms, MAX_STEP_MS);
}

/**
 * The bucket of a moment: the first point at or after it; what lies before the first point counts there. -1 past the
 * last point.
 */
export function bucketOf(timeMs: number, range: TimeRange, stepMs: number): number {
  const bucket = Math.max(0, Math.ceil((timeMs - range.startMs) / stepMs));
  return range.startMs + bucket * stepMs > range.endMs ? -1 : bucket;
}

/** Sums of profile totals over time, the series with the largest sums first. */
export async function timeSeries(
  scope: QueryScope,
  query: TimeSeriesQuery,
): Promise<readonly TimeSeriesData[]> {
  const { range, stepMs, groupBy } = query;
  // The first point also has what was measured within one step before it.
  const filter: SeriesFilter = {
    tenants: query.tenants,
    range: { startMs: range.startMs - stepMs, endMs: range.endMs },
    profileType: query.profileType,
    matchers: query.matchers,
  };
  const series = await seriesOf(scope, filter);
  const selection = await selectProfiles(series);
  if (selection === undefined) return [];
  const parts: SeriesParts = {
    series,
    selection: selection.where,
    bucket: bucketSql(range, stepMs),
    groupBy,
  };
  const [groups, exemplars] = await Promise.all([
    readSums(scope, parts),
    query.exemplars ? readExemplars(scope, parts) : new Map<string, ExemplarData>(),
  ]);
  return assemble(groups, exemplars, query);
}

interface SeriesParts {
  readonly series: SeriesAnswers;
  /** Condition on `profiles`. */
  readonly selection: string;
  readonly bucket: string;
  readonly groupBy: readonly string[];
}

/** Statement for the values of the labels grouped by, for each series. */
function keysOf({ series, groupBy }: SeriesParts): string {
  const key = `[${groupBy.map(labelValue).join(", ")}]::Array(String)`;
  return `SELECT series, any(${key}) AS key FROM series WHERE ${seriesWhere(series.filter)} GROUP BY series`;
}

/** {@link bucketOf} in SQL, as a double: a column of those is read without a bigint for each row. */
function bucketSql(range: TimeRange, stepMs: number): string {
  return `toFloat64(intDiv(greatest(intDiv(time, 1000000) - ${range.startMs}, 0) + ${stepMs - 1}, ${stepMs}))`;
}

/** Profiles above which the engine adds them up, and sums by series and bucket above which it also joins these. */
const MAX_PROFILES_HERE = 20_000;
const MAX_SUMS_HERE = 200_000;

/** Sums by bucket. Sums of doubles are exact up to 2^53 and do not wrap beyond. */
async function readSums(scope: QueryScope, parts: SeriesParts): Promise<readonly Group[]> {
  const { selection, bucket, groupBy } = parts;
  const isGrouped = groupBy.length > 0;
  const from = `FROM profiles WHERE ${selection}`;
  const columns = `${isGrouped ? "series, " : ""}${bucket} AS bucket`;
  const profiles = await runStatement(
    scope,
    `SELECT ${columns}, toFloat64(total) AS value ${from} LIMIT ${MAX_PROFILES_HERE + 1} SETTINGS ${CHEAP_READ}`,
  );
  if (profiles.rows <= MAX_PROFILES_HERE) return await sumsBySeries(scope, parts, profiles);
  const sums = `SELECT ${columns}, sum(toFloat64(total)) AS value ${from} GROUP BY ${isGrouped ? "series, bucket" : "bucket"}`;
  const few = await runStatement(scope, `${sums} LIMIT ${MAX_SUMS_HERE + 1}`);
  if (few.rows <= MAX_SUMS_HERE) return await sumsBySeries(scope, parts, few);
  const result = await runStatement(
    scope,
    `SELECT key, bucket, sum(value) AS value FROM (${sums}) AS sums INNER JOIN (${keysOf(parts)}) AS keys USING (series)
     GROUP BY key, bucket`,
  );
  const keys = textListsOf(result, "key");
  const groups = new Groups();
  return await runSliced(
    addUp(groups, result, (row) => groups.of(keys[row]!)),
    scope.signal,
  );
}

/** Sums of rows that name their series, where anything is grouped by. */
async function sumsBySeries(
  scope: QueryScope,
  { series, groupBy }: SeriesParts,
  rows: NativeResult,
): Promise<readonly Group[]> {
  const groups = new Groups();
  const none = groups.of(groupBy.map(() => ""));
  if (groupBy.length === 0)
    return await runSliced(
      addUp(groups, rows, () => none),
      scope.signal,
    );
  const ids = bigintsOf(rows, "series");
  const labels = await series.labelsOf(new Set<bigint>(ids));
  const groupOfSeries = new Map(
    Array.from(labels, ([id, of]) => [id, groups.of(groupBy.map((name) => labelOf(of, name)))]),
  );
  return await runSliced(
    addUp(groups, rows, (row) => groupOfSeries.get(ids[row]!) ?? none),
    scope.signal,
  );
}

function labelOf({ names, values }: SeriesLabels, name: string): string {
  return values[names.indexOf(name)] ?? "";
}

/** What the series that share the values of the labels grouped by sum up to, by bucket. */
interface Group {
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
  rows: NativeResult,
  groupOf: (row: number) => Group,
): Steps<readonly Group[]> {
  const bucketOfRow = numbersOf(rows, "bucket");
  const values = numbersOf(rows, "value");
  yield* inRanges(rows.rows, (from, to) => {
    for (let row = from; row < to; row++) {
      const { buckets } = groupOf(row);
      const bucket = bucketOfRow[row]!;
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + values[row]!);
    }
  });
  return groups.filled();
}

async function readExemplars(
  scope: QueryScope,
  parts: SeriesParts,
): Promise<Map<string, ExemplarData>> {
  const { selection, bucket, groupBy } = parts;
  const rows = `SELECT series, time, profile_id, total, ${bucket} AS bucket FROM profiles WHERE ${selection}`;
  const keyed =
    groupBy.length > 0
      ? `SELECT * FROM (${rows}) AS r INNER JOIN (${keysOf(parts)}) AS keys USING (series)`
      : `SELECT *, []::Array(String) AS key FROM (${rows})`;
  // The parts of a profile that was split into several series are one exemplar. Of equal ones any may win, but the same each time.
  const best = (column: string): string => `argMax(${column}, (value, profile_id))`;
  const result = await runStatement(
    scope,
    `SELECT key, bucket, ${best("profile_id")} AS id, ${best("value")} AS top, ${best("ms")} AS at, ${best("members")} AS series FROM
       (SELECT key, bucket, profile_id, intDiv(time, 1000000) AS ms, toInt64(least(sum(toInt128(total)), 9223372036854775807)) AS value, groupUniqArray(series) AS members
        FROM (${keyed}) GROUP BY key, bucket, profile_id, ms)
     GROUP BY key, bucket`,
  );
  if (result.rows === 0) return new Map();
  const members = result.columns.get("series");
  const ids = result.columns.get("id");
  if (members?.kind !== "list" || members.items.kind !== "bigint" || ids?.kind !== "fixed") {
    throw new Error("exemplars lack their series or ids");
  }
  const series = members.items.values;
  const labels = await parts.series.labelsOf(new Set<bigint>(series));
  const keysOfRows = textListsOf(result, "key");
  const buckets = numbersOf(result, "bucket");
  const values = bigintsOf(result, "top");
  const times = bigintsOf(result, "at");
  const found = new Map<string, ExemplarData>();
  for (let row = 0; row < result.rows; row++) {
    const sets = Array.from(series.subarray(members.start[row], members.start[row + 1]), (id) => {
      const of = labels.get(id);
      return of === undefined ? [] : labelPairs(of);
    });
    found.set(pointKey(keysOfRows[row]!, buckets[row]!), {
      timestampMs: Number(times[row]),
      profileId: uuidText(ids, row),
      value: values[row]!,
      labels: exemplarLabels(sets, groupBy),
    });
  }
  return found;
}

/** Labels that all parts of a profile have in common, without those grouped by; the type and service lead. */
function exemplarLabels(
  sets: readonly (readonly LabelPairData[])[],
  groupBy: readonly string[],
): LabelPairData[] {
  const leading = ["__profile_type__", "__service_name__"];
  const rank = ({ name }: LabelPairData): number => {
    const at = leading.indexOf(name);
    return at < 0 ? leading.length : at;
  };
  const [first = [], ...others] = sets;
  return first
    .filter(
      ({ name, value }) =>
        !groupBy.includes(name) &&
        others.every((set) => set.some((pair) => pair.name === name && pair.value === value)),
    )
    .sort((a, b) => rank(a) - rank(b) || compareUtf8(a.name, b.name));
}

function assemble(
  groups: readonly Group[],
  exemplars: ReadonlyMap<string, ExemplarData>,
  query: TimeSeriesQuery,
): TimeSeriesData[] {
  const { range, stepMs, groupBy } = query;
  const series = groups.map(({ key, buckets }) => {
    const points = [...buckets]
      .map(([bucket, value]) => ({
        timestampMs: range.startMs + bucket * stepMs,
        value,
        exemplar: exemplars.get(pointKey(key, bucket)),
      }))
      .filter(({ timestampMs }) => timestampMs <= range.endMs)
      .sort((a, b) => a.timestampMs - b.timestampMs);
    const labels = key
      .flatMap((value, i) => (value === "" ? [] : [{ name: groupBy[i]!, value }]))
      .sort((a, b) => compareUtf8(a.name, b.name));
    return { labels, sum: points.reduce((sum, { value }) => sum + value, 0), points };
  });
  series.sort((a, b) => b.sum - a.sum || compareLabels(a.labels, b.labels));
  const filled = series.filter(({ points }) => points.length > 0);
  return query.limit > 0 ? filled.slice(0, query.limit) : filled;
}

function pointKey(key: readonly string[], bucket: number): string {
  return `${bucket}:${JSON.stringify(key)}`;
}
