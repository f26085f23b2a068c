import { sqlNanos } from "../store/sql-text.ts";
import type { SeriesAnswers } from "./series-answers.ts";
import { MAX_LISTED_IDS, seriesConditions, wantedSeries } from "./series-filter.ts";
import type { TimeRange } from "./time-range.ts";

/** Rows of `profiles` that a query is about. */
export interface Selection {
  /** Condition in SQL: that on the series, and the range of time. */
  readonly where: string;
  /** Condition in SQL on dataset and series, which other tables have too. */
  readonly series: string;
  readonly range: TimeRange;
  /** Number of datasets that the rows are of. */
  readonly datasets: number;
}

/** The rows of the matching series and time; undefined when no series matches. Stripped profiles never match. */
export async function selectProfiles(series: SeriesAnswers): Promise<Selection | undefined> {
  const { whole, cut, cutSeries } = await series.datasets();
  if (whole.length + cut.length === 0) return undefined;
  const { filter } = series;
  const { dataset } = seriesConditions(filter);
  const wanted = wantedSeries(filter);
  // A subquery keeps the statement short where the ids would not.
  const listed = (ids: readonly bigint[] | undefined, select: string): string =>
    ids !== undefined && ids.length <= MAX_LISTED_IDS ? ids.join() : select;
  const anyOf: string[] = [];
  if (whole.length > 0) {
    const select = `SELECT dataset FROM series WHERE ${dataset} GROUP BY dataset HAVING min(${wanted}) = 1`;
    // A comparison takes 7 % off a short statement.
    anyOf.push(
      whole.length === 1 ? `dataset = ${whole[0]}` : `dataset IN (${listed(whole, select)})`,
    );
  }
  if (cut.length > 0) {
    const from = `FROM series WHERE ${dataset} AND ${wanted}`;
    const datasets = listed(cut, `SELECT dataset ${from}`);
    anyOf.push(
      `dataset IN (${datasets}) AND series IN (${listed(cutSeries, `SELECT series ${from}`)})`,
    );
  }
  const ids = anyOf.length === 1 ? anyOf[0]! : `(${anyOf.map((one) => `(${one})`).join(" OR ")})`;
  return {
    where: `${ids} AND ${timeCondition(filter.range)}`,
    series: ids,
    range: filter.range,
    datasets: whole.length + cut.length,
  };
}

/** Both ends inclusive. */
function timeCondition(range: TimeRange): string {
  return `time >= ${sqlNanos(range.startMs)} AND time <= ${sqlNanos(range.endMs)}`;
}
