import { type QueryScope, runForQuery } from "./query-scope.ts";
import type {
  LabelLists,
  MatchingDatasets,
  SeriesAnswers,
  SeriesLabels,
} from "./series-answers.ts";
import type { DatasetOfDay, SeriesDay, SeriesOfDay } from "./series-day.ts";
import { MAX_LISTED_IDS, type SeriesFilter } from "./series-filter.ts";
import { STEP_ITEMS, type Steps } from "./sliced.ts";
import { type ValueTest, valueTest } from "./value-tester.ts";

/** A filter's conditions on the labels. */
export interface SeriesTests {
  readonly dataset: (dataset: DatasetOfDay) => boolean;
  /** Undefined: all series of a dataset fulfil the filter. */
  readonly series: ((series: SeriesOfDay) => boolean) | undefined;
}

/** The conditions of a filter as functions; undefined when only the engine can decide one. */
export function seriesTests(filter: SeriesFilter): SeriesTests | undefined {
  const onDataset: ((dataset: DatasetOfDay) => boolean)[] = [];
  const onSeries: ((series: SeriesOfDay) => boolean)[] = [];
  const { profileType } = filter;
  if (profileType !== undefined) onDataset.push((dataset) => dataset.profileType === profileType);
  for (const matcher of filter.matchers) {
    const test = valueTest(matcher);
    if (test === undefined) return undefined;
    if (matcher.name === "service_name") onDataset.push(({ service }) => test(service));
    else if (matcher.name === "__profile_type__")
      onDataset.push((dataset) => test(dataset.profileType));
    else onSeries.push(labelTest(matcher.name, test));
  }
  return {
    dataset: (dataset) => onDataset.every((test) => test(dataset)),
    series: onSeries.length === 0 ? undefined : (series) => onSeries.every((test) => test(series)),
  };
}

/** Labels that all series of a dataset have in common. */
const DATASET_LABELS: ReadonlySet<string> = new Set(["service_name", "__profile_type__"]);

function labelTest(name: string, test: ValueTest): (series: SeriesOfDay) => boolean {
  const read = labelReader(name);
  return (series) => test(read(series));
}

/** Series share their lists of names, so where a name stands is looked up once for many. */
function labelReader(name: string): (series: SeriesOfDay) => string {
  if (name === "service_name") return ({ dataset }) => dataset.service;
  if (name === "__profile_type__") return ({ dataset }) => dataset.profileType;
  let list: readonly string[] | undefined;
  let at = -1;
  return ({ names, values }) => {
    if (names !== list) {
      list = names;
      at = names.indexOf(name);
    }
    return at < 0 ? "" : values[at]!;
  };
}

/** Answers from the rows of the days of a filter. */
export class SeriesInMemory implements SeriesAnswers {
  readonly filter: SeriesFilter;
  private readonly days: readonly SeriesDay[];
  private readonly tests: SeriesTests;
  private readonly scope: QueryScope;

  constructor(
    filter: SeriesFilter,
    days: readonly SeriesDay[],
    tests: SeriesTests,
    scope: QueryScope,
  ) {
    this.filter = filter;
    this.days = days;
    this.tests = tests;
    this.scope = scope;
  }

  async datasets(): Promise<MatchingDatasets> {
    const sampled = labelReader("__sampled__");
    const allMatch =
      this.tests.series === undefined && !this.days.some((day) => day.hasLabel("__sampled__"));
    const found = new Map<bigint, { isCut: boolean; readonly series: bigint[] }>();
    await this.each((series, matches) => {
      const { id } = series.dataset;
      let dataset = found.get(id);
      if (dataset === undefined) {
        dataset = { isCut: false, series: [] };
        found.set(id, dataset);
      }
      if (matches && sampled(series) !== "true") dataset.series.push(series.id);
      else dataset.isCut = true;
      return allMatch;
    });
    const matching = [...found].filter(([, { series }]) => series.length > 0);
    const cut = matching.filter(([, { isCut }]) => isCut);
    const cutSeries = new Set(cut.flatMap(([, { series }]) => series));
    return {
      whole: matching.flatMap(([id, { isCut }]) => (isCut ? [] : id)),
      cut: cut.map(([id]) => id),
      cutSeries: cutSeries.size <= MAX_LISTED_IDS ? [...cutSeries] : undefined,
    };
  }

  async profileTypes(): Promise<readonly string[]> {
    const types = new Set<string>();
    await this.eachMatching(({ dataset }) => {
      types.add(dataset.profileType);
      return true;
    });
    return [...types];
  }

  async labelNames(): Promise<readonly string[]> {
    const all = new Set<string>();
    const lists = new Set<readonly string[]>();
    let dataset: DatasetOfDay | undefined;
    await this.eachMatching((series) => {
      if (series.dataset !== dataset) lists.clear();
      dataset = series.dataset;
      if (!lists.has(series.names)) for (const name of series.names) all.add(name);
      lists.add(series.names);
      return lists.size === dataset.nameLists.size;
    });
    return [...all];
  }

  async labelValues(name: string): Promise<readonly string[]> {
    const values = new Set<string>();
    const read = labelReader(name);
    const isOfDataset = DATASET_LABELS.has(name);
    await this.eachMatching((series) => {
      values.add(read(series));
      return isOfDataset;
    });
    values.delete("");
    return [...values];
  }

  async labelSets(): Promise<readonly LabelLists[]> {
    // The id of a series is a hash of its tenant and labels.
    const sets = new Map<bigint, LabelLists>();
    await this.eachMatching((series) => {
      sets.set(series.id, series);
      return false;
    });
    return [...sets.values()];
  }

  async reducedSets(names: readonly string[]): Promise<readonly (readonly string[])[]> {
    const readers = names.map(labelReader);
    const services = new Map<string, { present: boolean; readonly sets: Map<string, string[]> }>();
    await this.eachMatching((series) => {
      const { tenant, service } = series.dataset;
      const key = JSON.stringify([tenant, service]);
      let found = services.get(key);
      if (found === undefined) {
        found = { present: false, sets: new Map() };
        services.set(key, found);
      }
      found.present ||= names.some((name) => series.names.includes(name));
      const set = readers.map((read) => read(series));
      found.sets.set(JSON.stringify(set), set);
      return names.every((name) => DATASET_LABELS.has(name));
    });
    return [...services.values()].flatMap(({ present, sets }) =>
      present ? [...sets.values()] : [],
    );
  }

  async labelsOf(ids: Iterable<bigint>): Promise<ReadonlyMap<bigint, SeriesLabels>> {
    const found = new Map<bigint, SeriesLabels>();
    for (const id of ids) {
      for (const day of this.days) {
        const series = day.find(id);
        if (series === undefined) continue;
        const { names, values, dataset } = series;
        found.set(id, {
          names,
          values,
          service: dataset.service,
          profileType: dataset.profileType,
        });
        break;
      }
    }
    return found;
  }

  private eachMatching(visit: (series: SeriesOfDay) => boolean): Promise<void> {
    return this.each((series, matches) => matches && visit(series));
  }

  /**
   * Visits the series of the filter's time whose dataset fulfils the filter. The rest of a dataset is left out once the
   * visitor says that it is enough: walking through 100,000 series takes 10 ms.
   */
  private each(visit: (series: SeriesOfDay, matches: boolean) => boolean): Promise<void> {
    return runForQuery(this.scope, this.visitAll(visit));
  }

  private *visitAll(visit: (series: SeriesOfDay, matches: boolean) => boolean): Steps<void> {
    const { tests } = this;
    const { startMs, endMs } = this.filter.range;
    let visited = 0;
    for (const { datasets } of this.days) {
      for (const dataset of datasets.values()) {
        if (!tests.dataset(dataset)) continue;
        for (const series of dataset.series) {
          visited++;
          if (series.maxMs < startMs || series.minMs > endMs) continue;
          if (visit(series, tests.series?.(series) ?? true)) break;
        }
        if (visited < STEP_ITEMS) continue;
        visited = 0;
        yield;
      }
    }
  }
}
