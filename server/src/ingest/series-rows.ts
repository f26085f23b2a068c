import {
  ArrayColumn,
  type ColumnBuilder,
  StringColumn,
  Uint16Column,
  Uint64Column,
} from "../store/native-block.ts";
import type { Series } from "./series-resolver.ts";

/** Rows of `series` that a batch adds: new series, and known ones that were seen at another time. */
export class SeriesRows {
  private readonly table = {
    tenant: new StringColumn(),
    day: new Uint16Column("Date"),
    dataset: new Uint64Column(),
    series: new Uint64Column(),
    service: new StringColumn(),
    profile_type: new StringColumn(),
    label_names: new ArrayColumn(new StringColumn()),
    label_values: new ArrayColumn(new StringColumn()),
    min_time: new Uint64Column("Int64"),
    max_time: new Uint64Column("Int64"),
  };

  columns(): Record<string, ColumnBuilder> {
    return this.table;
  }

  clear(): void {
    for (const column of Object.values(this.table)) column.clear();
  }

  /** Makes sure that the store knows of the series on this UTC day at this time. */
  note(series: Series, day: number, timeMs: number): void {
    const minMs = Math.floor(timeMs / STEP_MS) * STEP_MS;
    const maxMs = minMs + STEP_MS - 1;
    const known = series.written?.day === day ? series.written : undefined;
    if (known !== undefined && known.minMs <= minMs && known.maxMs >= maxMs) return;
    series.written = {
      day,
      minMs: Math.min(minMs, known?.minMs ?? minMs),
      maxMs: Math.max(maxMs, known?.maxMs ?? maxMs),
    };
    const { table } = this;
    table.tenant.pushText(series.tenant);
    table.day.push(Math.min(day, LAST_DAY));
    table.dataset.push(series.datasetLow, series.datasetHigh);
    table.series.push(series.seriesLow, series.seriesHigh);
    table.service.pushText(series.service);
    table.profile_type.pushText(series.profileType);
    for (const [name, value] of series.labels) {
      table.label_names.items.pushText(name);
      table.label_values.items.pushText(value);
    }
    table.label_names.endRow();
    table.label_values.endRow();
    table.min_time.pushBigint(BigInt(minMs));
    table.max_time.pushBigint(BigInt(maxMs));
  }
}

/** Times are rounded out to this, so that a series that is pushed every few seconds is not written as often. */
const STEP_MS = 15 * 60_000;

/** The last day that a Date can hold, in the year 2149. */
const LAST_DAY = 65_535;
