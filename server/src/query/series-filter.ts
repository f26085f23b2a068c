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
    `day >= toDate(${dayOf(startMs)})`,
    `day <= toDate(${dayOf(endMs)})`,
    `max_time >= ${startMs}`,
    `min_time <= ${endMs}`,
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

/** Ids listed in a statement; more of them are selected by a subquery instead, which keeps statements short. */
export const MAX_LISTED_IDS = 2000;

/**
 * Condition on the series of the filter's datasets: those that match. Not those of which only a sample of the profiles
 * was kept; they never count in flame graphs.
 */
export function wantedSeries(filter: SeriesFilter): string {
  const { series } = seriesConditions(filter);
  const sampled = `${labelValue("__sampled__")} = 'true'`;
  return `NOT (${sampled})${series === undefined ? "" : ` AND ${series}`}`;
}

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

/** The UTC day of a moment, in days since 1970 as far as a Date column goes: 1970 to 2149. */
export function dayOf(ms: number): number {
  return Math.max(0, Math.min(65_535, Math.floor(ms / DAY_MS)));
}

const DAY_MS = 86_400_000;
