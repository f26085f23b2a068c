import {
  bigintsOf,
  type NativeResult,
  numbersOf,
  textListsOf,
  uuidText,
} from "../store/native-reader.ts";
import { compareUtf8 } from "./frame-tree.ts";
import { compareLabels, type LabelPairData } from "./label-queries.ts";
import { invalidArgument } from "./query-error.ts";
import { idLists, type QueryScope, runSeriesStatement, runStatement } from "./query-scope.ts";
import { labelValue, type SeriesFilter, seriesWhere } from "./series-filter.ts";
import { selectSeries } from "./series-selection.ts";
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
  const selection = await selectSeries(scope, filter);
  if (selection === undefined) return [];
  const where = seriesWhere(filter);
  const parts: SeriesParts = {
    selection: selection.where,
    keys: `SELECT series, any(${keyOf(groupBy)}) AS key FROM series WHERE ${where} GROUP BY series`,
    bucket: bucketSql(range, stepMs),
    grouped: groupBy.length > 0,
    where,
  };
  const [sums, exemplars] = await Promise.all([
    readSums(scope, parts),
    query.exemplars ? readExemplars(scope, parts, groupBy) : new Map<string, ExemplarData>(),
  ]);
  return assemble(sums, exemplars, query);
}

interface SeriesParts {
  readonly selection: string;
  /** Statement for the values of the labels grouped by, for each series. */
  readonly keys: string;
  readonly bucket: string;
  readonly grouped: boolean;
  /** Condition on `series`. */
  readonly where: string;
}

function keyOf(groupBy: readonly string[]): string {
  return `[${groupBy.map(labelValue).join(", ")}]::Array(String)`;
}

/** {@link bucketOf} in SQL, as a signed number. */
function bucketSql(range: TimeRange, stepMs: number): string {
  return `intDiv(greatest(intDiv(time, 1000000) - ${range.startMs}, 0) + ${stepMs - 1}, ${stepMs})`;
}

/** Series above which sums are brought together by their labels in the engine. */
const MAX_SERIES_HERE = 10_000;

/** Sum of a bucket of the series that share a key. */
interface BucketSum {
  readonly key: readonly string[];
  readonly bucket: number;
  readonly value: number;
}

/** Sums in the order of their buckets. Sums of doubles are exact up to 2^53 and do not wrap beyond. */
async function readSums(scope: QueryScope, parts: SeriesParts): Promise<readonly BucketSum[]> {
  const { selection, keys, bucket, grouped } = parts;
  const from = `sum(toFloat64(total)) AS value FROM profiles WHERE ${selection}`;
  if (!grouped) {
    const sql = `SELECT ${bucket} AS bucket, ${from} GROUP BY bucket ORDER BY bucket`;
    return bucketSums(await runStatement(scope, sql), () => []);
  }
  const bySeries = `SELECT series, ${bucket} AS bucket, ${from} GROUP BY series, bucket`;
  const known = await runSeriesStatement(scope, keys);
  if (known.rows > MAX_SERIES_HERE) {
    const result = await runStatement(
      scope,
      `SELECT key, bucket, sum(value) AS value FROM (${bySeries}) AS sums INNER JOIN (${keys}) AS keys USING (series)
       GROUP BY key, bucket ORDER BY bucket`,
    );
    const keyOfRow = textListsOf(result, "key");
    return bucketSums(result, (row) => keyOfRow[row]!);
  }
  const keyIds = bigintsOf(known, "series");
  const keyById = new Map(textListsOf(known, "key").map((key, row) => [keyIds[row]!, key]));
  const result = await runStatement(scope, `${bySeries} ORDER BY bucket`);
  const series = bigintsOf(result, "series");
  return bucketSums(result, (row) => keyById.get(series[row]!) ?? []);
}

function bucketSums(
  result: NativeResult,
  keyOfRow: (row: number) => readonly string[],
): readonly BucketSum[] {
  const buckets = bigintsOf(result, "bucket");
  const values = numbersOf(result, "value");
  return Array.from(values, (value, row) => ({
    key: keyOfRow(row),
    bucket: Number(buckets[row]),
    value,
  }));
}

async function readExemplars(
  scope: QueryScope,
  { selection, keys, bucket, grouped, where }: SeriesParts,
  groupBy: readonly string[],
): Promise<Map<string, ExemplarData>> {
  const rows = `SELECT series, time, profile_id, total, ${bucket} AS bucket FROM profiles WHERE ${selection}`;
  const keyed = grouped
    ? `SELECT * FROM (${rows}) AS r INNER JOIN (${keys}) AS keys USING (series)`
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
  const series = Array.from(members.items.values, String);
  const labels = await labelsOfSeries(scope, where, [...new Set(series)]);
  const keysOfRows = textListsOf(result, "key");
  const buckets = bigintsOf(result, "bucket");
  const values = bigintsOf(result, "top");
  const times = bigintsOf(result, "at");
  const found = new Map<string, ExemplarData>();
  for (let row = 0; row < result.rows; row++) {
    const sets = series
      .slice(members.start[row], members.start[row + 1])
      .map((id) => labels.get(id) ?? []);
    found.set(pointKey(keysOfRows[row]!, Number(buckets[row])), {
      timestampMs: Number(times[row]),
      profileId: uuidText(ids, row),
      value: values[row]!,
      labels: exemplarLabels(sets, groupBy),
    });
  }
  return found;
}

async function labelsOfSeries(
  scope: QueryScope,
  where: string,
  ids: readonly string[],
): Promise<Map<string, LabelPairData[]>> {
  const labels = new Map<string, LabelPairData[]>();
  for (const list of idLists(ids)) {
    const result = await runSeriesStatement(
      scope,
      `SELECT series, any(label_names) AS names, any(label_values) AS values FROM series WHERE ${where} AND series IN (${list.join()}) GROUP BY series`,
    );
    const series = bigintsOf(result, "series");
    const values = textListsOf(result, "values");
    textListsOf(result, "names").forEach((names, row) => {
      labels.set(
        String(series[row]),
        names.map((name, i) => ({ name, value: values[row]![i]! })),
      );
    });
  }
  return labels;
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
  sums: readonly BucketSum[],
  exemplars: ReadonlyMap<string, ExemplarData>,
  query: TimeSeriesQuery,
): TimeSeriesData[] {
  const { range, stepMs, groupBy } = query;
  const groups = new Map<string, { key: readonly string[]; sum: number; points: PointData[] }>();
  for (const { key, bucket, value } of sums) {
    const timestampMs = range.startMs + bucket * stepMs;
    if (timestampMs > range.endMs) continue;
    const text = JSON.stringify(key);
    let group = groups.get(text);
    if (group === undefined) {
      group = { key, sum: 0, points: [] };
      groups.set(text, group);
    }
    group.sum += value;
    const last = group.points.at(-1);
    if (last?.timestampMs === timestampMs) {
      group.points[group.points.length - 1] = { ...last, value: last.value + value };
    } else {
      group.points.push({ timestampMs, value, exemplar: exemplars.get(pointKey(key, bucket)) });
    }
  }
  const series = [...groups.values()].map(({ key, sum, points }) => ({
    labels: key
      .flatMap((value, i) => (value === "" ? [] : [{ name: groupBy[i]!, value }]))
      .sort((a, b) => compareUtf8(a.name, b.name)),
    sum,
    points,
  }));
  series.sort((a, b) => b.sum - a.sum || compareLabels(a.labels, b.labels));
  return query.limit > 0 ? series.slice(0, query.limit) : series;
}

function pointKey(key: readonly string[], bucket: number): string {
  return `${bucket}:${JSON.stringify(key)}`;
}
