import {
  bigintsOf,
  type NativeResult,
  numbersOf,
  textListsOf,
  textsOf,
} from "../store/native-reader.ts";
import { sqlTextArray } from "../store/sql-text.ts";
import { idLists, type QueryScope, runStatement } from "./query-scope.ts";
import type {
  LabelLists,
  MatchingDatasets,
  SeriesAnswers,
  SeriesLabels,
} from "./series-answers.ts";
import {
  labelValue,
  MAX_LISTED_IDS,
  type SeriesFilter,
  seriesConditions,
  seriesWhere,
  wantedSeries,
} from "./series-filter.ts";

/** Answers from the engine, a statement each. */
export class SeriesByStatement implements SeriesAnswers {
  readonly filter: SeriesFilter;
  private readonly scope: QueryScope;
  private readonly where: string;

  constructor(scope: QueryScope, filter: SeriesFilter) {
    this.scope = scope;
    this.filter = filter;
    this.where = seriesWhere(filter);
  }

  async datasets(): Promise<MatchingDatasets> {
    const { dataset } = seriesConditions(this.filter);
    const result = await this.run(
      `SELECT dataset, uniqExactIf(series, wanted) AS matches, max(NOT wanted) AS partial,
         if(partial = 1 AND matches <= ${MAX_LISTED_IDS}, groupUniqArrayIf(series, wanted), []) AS matched
       FROM (SELECT dataset, series, ${wantedSeries(this.filter)} AS wanted FROM series WHERE ${dataset})
       GROUP BY dataset HAVING matches > 0`,
    );
    const ids = bigintsOf(result, "dataset");
    const partial = numbersOf(result, "partial");
    const matches = bigintsOf(result, "matches");
    const whole: bigint[] = [];
    const cut: bigint[] = [];
    let cutSeries = 0;
    for (let row = 0; row < result.rows; row++) {
      if (partial[row] === 0) whole.push(ids[row]!);
      else {
        cut.push(ids[row]!);
        cutSeries += Number(matches[row]);
      }
    }
    if (cutSeries > MAX_LISTED_IDS) return { whole, cut, cutSeries: undefined };
    const matched = result.columns.get("matched");
    return {
      whole,
      cut,
      cutSeries:
        matched?.kind === "list" && matched.items.kind === "bigint"
          ? [...matched.items.values]
          : [],
    };
  }

  async profileTypes(): Promise<readonly string[]> {
    const result = await this.run(`SELECT DISTINCT profile_type FROM series WHERE ${this.where}`);
    return textsOf(result, "profile_type");
  }

  async labelNames(): Promise<readonly string[]> {
    const result = await this.run(
      `SELECT arrayJoin(label_names) AS name FROM series WHERE ${this.where} GROUP BY name`,
    );
    return textsOf(result, "name");
  }

  async labelValues(name: string): Promise<readonly string[]> {
    const result = await this.run(
      `SELECT DISTINCT ${labelValue(name)} AS value FROM series WHERE ${this.where} AND value != ''`,
    );
    return textsOf(result, "value");
  }

  async labelSets(): Promise<readonly LabelLists[]> {
    const result = await this.run(
      `SELECT DISTINCT label_names, label_values FROM series WHERE ${this.where}`,
    );
    const values = textListsOf(result, "label_values");
    return textListsOf(result, "label_names").map((names, row) => ({
      names,
      values: values[row]!,
    }));
  }

  async reducedSets(names: readonly string[]): Promise<readonly (readonly string[])[]> {
    const result = await this.run(
      `SELECT arrayJoin(groupUniqArray(set)) AS set FROM
         (SELECT tenant, service, [${names.map(labelValue).join(", ")}] AS set, hasAny(label_names, ${sqlTextArray(names)}) AS present
          FROM series WHERE ${this.where})
       GROUP BY tenant, service HAVING max(present) = 1`,
    );
    return textListsOf(result, "set");
  }

  async labelsOf(ids: Iterable<bigint>): Promise<ReadonlyMap<bigint, SeriesLabels>> {
    const found = new Map<bigint, SeriesLabels>();
    for (const list of idLists(Array.from(ids, String))) {
      const result = await this.run(
        `SELECT series, any(service) AS of, any(profile_type) AS type, any(label_names) AS names, any(label_values) AS values
         FROM series WHERE ${this.where} AND series IN (${list.join()}) GROUP BY series`,
      );
      const series = bigintsOf(result, "series");
      const services = textsOf(result, "of");
      const types = textsOf(result, "type");
      const values = textListsOf(result, "values");
      textListsOf(result, "names").forEach((names, row) => {
        found.set(series[row]!, {
          names,
          values: values[row]!,
          service: services[row]!,
          profileType: types[row]!,
        });
      });
    }
    return found;
  }

  private run(sql: string): Promise<NativeResult> {
    return runStatement(this.scope, sql);
  }
}
