import { sqlText } from "../store/sql-text.ts";
import type { LabelMatcher } from "./label-selector.ts";
import type { TimeRange } from "./time-range.ts";

/** Which rows of `series` a query is about. */
export interface SeriesFilter {
  readonly tenants: readonly string[];
  readonly range: TimeRange;
  /** Undefined: profiles of any type. */
  readonly profileType?: string | undefined;
  readonly matchers: readonly LabelMatcher[];
}

/** A filter as two conditions on `series`, both SQL. */
export interface SeriesConditions {
  /** What all series of a dataset have in common, and the time: tenant, service, type, days. */
  readonly dataset: string;
  /** What tells the series of a dataset apart; undefined when nothing is asked. */
  readonly series: string | undefined;
}

const DAY_SECONDS = 86_400;

/** Labels that `series` has as columns; all series of a dataset share their values. */
const datasetColumns = new Map([
  ["service_name", "service"],
  ["__profile_type__", "profile_type"],
]);

/** The conditions of a filter. Rows of one series are not merged yet: use DISTINCT or GROUP BY with them. */
export function seriesConditions(filter: SeriesFilter): SeriesConditions {
  const { startMs, endMs } = filter.range;
  const dataset = [
    `tenant IN (${filter.tenants.map(sqlText).join(", ")})`,
    `day >= toDate(${daySeconds(startMs)})`,
    `day <= toDate(${daySeconds(endMs)})`,
    `max_time >= ${roundedDown(startMs)}`,
    `min_time <= ${roundedDown(endMs)}`,
  ];
  if (filter.profileType !== undefined) {
    dataset.push(`profile_type = ${sqlText(filter.profileType)}`);
  }
  const series: string[] = [];
  for (const matcher of filter.matchers) {
    const column = datasetColumns.get(matcher.name);
    if (column === undefined) series.push(matcherCondition(matcher, labelValue(matcher.name)));
    else dataset.push(matcherCondition(matcher, column));
  }
  return {
    dataset: dataset.join(" AND "),
    series: series.length === 0 ? undefined : series.join(" AND "),
  };
}

/** Both conditions in one. */
export function seriesWhere(filter: SeriesFilter): string {
  const { dataset, series } = seriesConditions(filter);
  return series === undefined ? dataset : `${dataset} AND ${series}`;
}

/** The value of a label, empty when a series lacks it. */
export function labelValue(name: string): string {
  return datasetColumns.get(name) ?? `label_values[indexOf(label_names, ${sqlText(name)})]`;
}

/** True for profiles of which only a sample was kept; they never count in flame graphs. */
export const STRIPPED: string = `${labelValue("__sampled__")} = 'true'`;

function matcherCondition(matcher: LabelMatcher, value: string): string {
  const regex = (): string => `match(${value}, ${sqlText(`^(?s:${matcher.value})$`)})`;
  switch (matcher.op) {
    case "=":
      return `${value} = ${sqlText(matcher.value)}`;
    case "!=":
      return `${value} != ${sqlText(matcher.value)}`;
    case "=~":
      return regex();
    case "!~":
      return `NOT ${regex()}`;
  }
}

/**
 * The times of a series are whole quarters of an hour, so nothing is lost by comparing them with one, and statements
 * stay the same for a while as time goes on.
 */
function roundedDown(ms: number): number {
  return Math.floor(ms / QUARTER_MS) * QUARTER_MS;
}

const QUARTER_MS = 900_000;

// Days of the Date type: 1970 to 2149.
function daySeconds(ms: number): number {
  const day = Math.max(0, Math.min(65_535, Math.floor(ms / 1000 / DAY_SECONDS)));
  return day * DAY_SECONDS;
}
