import { compareUtf8 } from "../compare-utf8.ts";
import { bigintsOf, numbersOf, textListsOf, uuidText } from "../store/native-reader.ts";
import { bucketSql, bucketSums, type Group, keysOf, type SeriesParts } from "./bucket-sums.ts";
import { compareLabels, type LabelPairData, labelPairs } from "./label-queries.ts";
import { invalidArgument } from "./query-error.ts";
import { type QueryScope, runStatement } from "./query-scope.ts";
import type { SeriesFilter } from "./series-filter.ts";
import { selectProfiles } from "./series-selection.ts";
import { seriesOf } from "./series-source.ts";
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
    range,
    stepMs,
    bucket: bucketSql(range, stepMs),
    groupBy,
  };
  const [groups, exemplars] = await Promise.all([
    bucketSums(scope, parts),
    query.exemplars ? readExemplars(scope, parts) : new Map<string, ExemplarData>(),
  ]);
  return assemble(groups, exemplars, query);
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
