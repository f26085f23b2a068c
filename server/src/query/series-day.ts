import {
  bigintsOf,
  type NativeResult,
  numbersOf,
  type TextColumn,
  textAt,
} from "../store/native-reader.ts";
import type { Steps } from "./sliced.ts";

/** What all series of a service and profile type share. */
export interface DatasetOfDay {
  readonly id: bigint;
  readonly tenant: string;
  readonly service: string;
  readonly profileType: string;
  readonly series: SeriesOfDay[];
  /** All different lists of label names of the series. */
  readonly nameLists: Set<readonly string[]>;
}

/** A series as it was on one day. */
export interface SeriesOfDay {
  readonly id: bigint;
  readonly dataset: DatasetOfDay;
  /** Sorted by UTF-8 bytes; one array for all series that have the same names. */
  readonly names: readonly string[];
  /** Parallel to the names. */
  readonly values: readonly string[];
  /** Milliseconds since 1970 of the first and the last profile, rounded out. */
  minMs: number;
  maxMs: number;
}

interface SharedTexts {
  readonly read: readonly string[];
  readonly shared: readonly string[];
}

const NO_TEXTS: SharedTexts = { read: [], shared: [] };

/** The series of a tenant on one UTC day. Rows of a series may come in any number and order. */
export class SeriesDay {
  readonly datasets: Map<bigint, DatasetOfDay> = new Map();
  /** Memory held, in bytes, about. */
  bytes = 0;
  private readonly series = new Map<bigint, SeriesOfDay>();
  private readonly texts = new Map<string, string>();
  private readonly nameLists = new Map<string, readonly string[]>();
  /** Those of the row before, as they were read and as they are kept. */
  private lastNames: SharedTexts = NO_TEXTS;
  private lastValues: SharedTexts = NO_TEXTS;

  /** Number of series. */
  get size(): number {
    return this.series.size;
  }

  /** A series by its id. */
  find(id: bigint): SeriesOfDay | undefined {
    return this.series.get(id);
  }

  /** Whether any series has a label of that name. */
  hasLabel(name: string): boolean {
    for (const list of this.nameLists.values()) if (list.includes(name)) return true;
    return false;
  }

  /** Takes a row in. */
  add(rows: SeriesRows, row: number): void {
    const id = rows.series[row]!;
    const minMs = Number(rows.minMs[row]);
    const maxMs = Number(rows.maxMs[row]);
    const known = this.series.get(id);
    if (known !== undefined) {
      known.minMs = Math.min(known.minMs, minMs);
      known.maxMs = Math.max(known.maxMs, maxMs);
      return;
    }
    const dataset = this.datasetOf(rows, row);
    const names = this.sharedNames(rows.names(row));
    const series = {
      id,
      dataset,
      names,
      values: this.sharedValues(rows.values(row)),
      minMs,
      maxMs,
    };
    this.series.set(id, series);
    dataset.series.push(series);
    dataset.nameLists.add(names);
    this.bytes += SERIES_BYTES + 8 * names.length;
  }

  private datasetOf(rows: SeriesRows, row: number): DatasetOfDay {
    const id = rows.dataset[row]!;
    let dataset = this.datasets.get(id);
    if (dataset === undefined) {
      dataset = {
        id,
        tenant: rows.tenant(row),
        service: this.shared(rows.service(row)),
        profileType: this.shared(rows.profileType(row)),
        series: [],
        nameLists: new Set(),
      };
      this.datasets.set(id, dataset);
      this.bytes += SERIES_BYTES;
    }
    return dataset;
  }

  private sharedNames(names: readonly string[]): readonly string[] {
    if (names === this.lastNames.read) return this.lastNames.shared;
    const key = names.join("\0");
    let list = this.nameLists.get(key);
    if (list === undefined) {
      list = names.map((name) => this.shared(name));
      this.nameLists.set(key, list);
      this.bytes += TEXT_BYTES + 2 * key.length;
    }
    this.lastNames = { read: names, shared: list };
    return list;
  }

  private sharedValues(values: readonly string[]): readonly string[] {
    const { read, shared } = this.lastValues;
    const list = values.map((value, i) => (value === read[i] ? shared[i]! : this.shared(value)));
    this.lastValues = { read: values, shared: list };
    return list;
  }

  private shared(text: string): string {
    const known = this.texts.get(text);
    if (known !== undefined) return known;
    this.texts.set(text, text);
    this.bytes += TEXT_BYTES + text.length;
    return text;
  }
}

/** What a series takes besides its labels, and a text besides its characters: objects and entries of maps. */
const SERIES_BYTES = 250;
const TEXT_BYTES = 80;

/** Columns of `series` that {@link SeriesRows} reads. */
export const SERIES_COLUMNS =
  "tenant, day, dataset, series, service, profile_type, label_names, label_values, min_time, max_time";

/** Rows of `series`. Neighbours are much alike, so a text that stands in the row read before is not decoded again. */
export class SeriesRows {
  readonly length: number;
  /** Days since 1970. */
  readonly day: ArrayLike<number>;
  readonly dataset: ArrayLike<bigint>;
  readonly series: ArrayLike<bigint>;
  readonly minMs: ArrayLike<bigint>;
  readonly maxMs: ArrayLike<bigint>;
  readonly tenant: (row: number) => string;
  readonly service: (row: number) => string;
  readonly profileType: (row: number) => string;
  /** Lists of equal texts may be one array. */
  readonly names: (row: number) => readonly string[];
  readonly values: (row: number) => readonly string[];

  constructor(result: NativeResult) {
    this.length = result.rows;
    this.day = numbersOf(result, "day");
    this.dataset = bigintsOf(result, "dataset");
    this.series = bigintsOf(result, "series");
    this.minMs = bigintsOf(result, "min_time");
    this.maxMs = bigintsOf(result, "max_time");
    this.tenant = textReader(result, "tenant");
    this.service = textReader(result, "service");
    this.profileType = textReader(result, "profile_type");
    this.names = listReader(result, "label_names");
    this.values = listReader(result, "label_values");
  }

  /** Visits all rows. */
  *each(visit: (row: number) => void): Steps<void> {
    for (let row = 0; row < this.length; row++) {
      visit(row);
      if (row % STEP_ROWS === 0) yield;
    }
  }
}

/** A row takes about 4 us. */
const STEP_ROWS = 256;

function textReader(result: NativeResult, name: string): (row: number) => string {
  const column = result.columns.get(name);
  if (column === undefined && result.rows === 0) return () => "";
  if (column?.kind !== "text") throw new Error(`${name} is no column of texts`);
  let last = -1;
  let text = "";
  return (row) => {
    if (last < 0 || !sameBytes(column, last, row)) text = textAt(column, row);
    last = row;
    return text;
  };
}

function listReader(result: NativeResult, name: string): (row: number) => readonly string[] {
  const column = result.columns.get(name);
  if (column === undefined && result.rows === 0) return () => [];
  if (column?.kind !== "list" || column.items.kind !== "text") {
    throw new Error(`${name} is no column of lists of texts`);
  }
  const { items, start } = column;
  let last: readonly string[] = [];
  let lastFrom = 0;
  return (row) => {
    const from = start[row]!;
    const texts: string[] = [];
    let changed = start[row + 1]! - from !== last.length;
    for (let i = from; i < start[row + 1]!; i++) {
      const at = i - from;
      const same = at < last.length && sameBytes(items, lastFrom + at, i);
      texts.push(same ? last[at]! : textAt(items, i));
      changed ||= !same;
    }
    if (changed) last = texts;
    lastFrom = from;
    return last;
  };
}

function sameBytes({ data, start }: TextColumn, a: number, b: number): boolean {
  const from = start[a]!;
  const length = start[a + 1]! - from;
  const other = start[b]!;
  if (start[b + 1]! - other !== length) return false;
  for (let i = 0; i < length; i++) if (data[from + i] !== data[other + i]) return false;
  return true;
}
