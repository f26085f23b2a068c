import type { SeriesFilter } from "./series-filter.ts";

/** The matching series of datasets. Stripped series never match. */
export interface MatchingDatasets {
  /** Datasets all of whose series of that time match. */
  readonly whole: readonly bigint[];
  /** Datasets of which only some do. */
  readonly cut: readonly bigint[];
  /** The matching series of `cut`; undefined when they are too many to list. */
  readonly cutSeries: readonly bigint[] | undefined;
}

/** Label names, sorted by UTF-8 bytes, and the values in the same order. */
export interface LabelLists {
  readonly names: readonly string[];
  readonly values: readonly string[];
}

/** What the labels of a series tell. */
export interface SeriesLabels extends LabelLists {
  readonly service: string;
  readonly profileType: string;
}

/** Answers about the series of a filter, wherever they come from. Lists are in no order. */
export interface SeriesAnswers {
  readonly filter: SeriesFilter;
  datasets(): Promise<MatchingDatasets>;
  profileTypes(): Promise<readonly string[]>;
  labelNames(): Promise<readonly string[]>;
  /** Without the empty value. */
  labelValues(name: string): Promise<readonly string[]>;
  /** Distinct label sets. */
  labelSets(): Promise<readonly LabelLists[]>;
  /**
   * Distinct values of some labels, of the series of services in which at least one has one of the labels; empty where a series lacks
   * the label.
   */
  reducedSets(names: readonly string[]): Promise<readonly (readonly string[])[]>;
  /** Labels of matching series by their ids. */
  labelsOf(ids: Iterable<bigint>): Promise<ReadonlyMap<bigint, SeriesLabels>>;
}
