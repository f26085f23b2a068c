import {
  ArrayColumn,
  type ColumnBuilder,
  FixedColumn,
  Uint32Column,
  Uint64Column,
} from "../store/native-block.ts";

/**
 * The profiles of a batch that share a UTC day, each with its samples in arrays: one row per series of a received
 * profile, in the columns of the table.
 */
export class ProfileRows {
  readonly dataset: Uint64Column = new Uint64Column();
  readonly series: Uint64Column = new Uint64Column();
  readonly time: Uint64Column = new Uint64Column("Int64");
  /** Counts from 0 in the batch; the store adds the first ordinal when it commits. */
  readonly profile: Uint32Column = new Uint32Column();
  readonly partition: Uint64Column = new Uint64Column();
  readonly profile_id: FixedColumn = new FixedColumn(16, "UUID");
  readonly duration: Uint64Column = new Uint64Column("Int64");
  readonly total: Uint64Column = new Uint64Column("Int64");
  readonly spans: ArrayColumn<Uint64Column> = new ArrayColumn(new Uint64Column());
  readonly traces: ArrayColumn<FixedColumn> = new ArrayColumn(new FixedColumn(16));
  readonly span_totals: ArrayColumn<Uint64Column> = new ArrayColumn(new Uint64Column("Int64"));
  /** Sorted by span and stack within a row. */
  readonly span: ArrayColumn<Uint32Column> = new ArrayColumn(new Uint32Column());
  readonly stack: ArrayColumn<Uint32Column> = new ArrayColumn(new Uint32Column());
  readonly value: ArrayColumn<Uint64Column> = new ArrayColumn(new Uint64Column("Int64"));
  /** Ordinals handed out. */
  profileCount = 0;

  get rows(): number {
    return this.dataset.rows;
  }

  get sampleCount(): number {
    return this.stack.items.rows;
  }

  columns(): Record<string, ColumnBuilder> {
    const { profileCount: _, ...columns } = this;
    return columns as Record<string, ColumnBuilder>;
  }

  clear(): void {
    for (const column of Object.values(this.columns())) column.clear();
    this.profileCount = 0;
  }
}
