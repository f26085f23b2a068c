import { bigintsOf, numbersOf } from "../store/native-reader.ts";
import { sqlNanos } from "../store/sql-text.ts";
import { type QueryScope, runSeriesStatement } from "./query-scope.ts";
import { type SeriesFilter, STRIPPED, seriesConditions } from "./series-filter.ts";
import type { TimeRange } from "./time-range.ts";

/** Ids listed in a statement; more of them are selected by a subquery instead, which keeps statements short. */
const MAX_LISTED_IDS = 2000;

/** Rows of `profiles` that a query is about. */
export interface Selection {
  /** Condition in SQL. */
  readonly where: string;
  /** Number of datasets that the rows are of. */
  readonly datasets: number;
}

/** The rows of the filtered series and time; undefined when no series matches. Stripped profiles never match. */
export async function selectSeries(
  scope: QueryScope,
  filter: SeriesFilter,
): Promise<Selection | undefined> {
  const { dataset, series } = seriesConditions(filter);
  const wanted = `NOT (${STRIPPED})${series === undefined ? "" : ` AND ${series}`}`;
  const result = await runSeriesStatement(
    scope,
    `SELECT dataset, uniqExactIf(series, wanted) AS matches, max(NOT wanted) AS partial,
       if(partial = 1 AND matches <= ${MAX_LISTED_IDS}, groupUniqArrayIf(series, wanted), []) AS matched
     FROM (SELECT dataset, series, ${wanted} AS wanted FROM series WHERE ${dataset})
     GROUP BY dataset HAVING matches > 0 ORDER BY dataset`,
  );
  if (result.rows === 0) return undefined;
  const datasets = bigintsOf(result, "dataset");
  const partial = numbersOf(result, "partial");
  const matches = bigintsOf(result, "matches");
  const whole: string[] = [];
  const cut: string[] = [];
  let cutSeries = 0;
  for (let row = 0; row < result.rows; row++) {
    if (partial[row] === 0) whole.push(String(datasets[row]));
    else {
      cut.push(String(datasets[row]));
      cutSeries += Number(matches[row]);
    }
  }
  const anyOf: string[] = [];
  const listed = (ids: readonly string[], select: string): string =>
    ids.length <= MAX_LISTED_IDS ? ids.join() : select;
  if (whole.length > 0) {
    const select = `SELECT dataset FROM series WHERE ${dataset} GROUP BY dataset HAVING min(${wanted}) = 1`;
    anyOf.push(`dataset IN (${listed(whole, select)})`);
  }
  if (cut.length > 0) {
    const column = result.columns.get("matched");
    if (column?.kind !== "list" || column.items.kind !== "bigint") {
      throw new Error("matched is no list of ids");
    }
    const select = `SELECT series FROM series WHERE ${dataset} AND ${wanted}`;
    const ids =
      cutSeries <= MAX_LISTED_IDS ? Array.from(column.items.values, String).join() : select;
    const datasetIds = listed(cut, `SELECT dataset FROM series WHERE ${dataset} AND ${wanted}`);
    anyOf.push(`dataset IN (${datasetIds}) AND series IN (${ids})`);
  }
  const ids = anyOf.length === 1 ? anyOf[0]! : `(${anyOf.map((one) => `(${one})`).join(" OR ")})`;
  return { where: `${ids} AND ${timeCondition(filter.range)}`, datasets: result.rows };
}

/** Both ends inclusive. */
function timeCondition(range: TimeRange): string {
  return `time >= ${sqlNanos(range.startMs)} AND time <= ${sqlNanos(range.endMs)}`;
}
