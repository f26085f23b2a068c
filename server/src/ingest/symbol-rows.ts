import {
  ArrayColumn,
  type ColumnBuilder,
  StringColumn,
  Uint8Column,
  Uint16Column,
  Uint32Column,
  Uint64Column,
} from "../store/native-block.ts";

/** New symbols of a batch: the rows of `functions`, `locations`, `mappings` and `stacks`. */
export class SymbolRows {
  readonly functions = {
    day: new Uint16Column("Date"),
    partition: new Uint64Column(),
    id: new Uint32Column(),
    name: new StringColumn(),
    system_name: new StringColumn(),
    filename: new StringColumn(),
    start_line: new Uint64Column("Int64"),
  };
  readonly locations = {
    day: new Uint16Column("Date"),
    partition: new Uint64Column(),
    id: new Uint32Column(),
    mapping: new Uint32Column(),
    address: new Uint64Column(),
    folded: new Uint8Column(),
    line_functions: new ArrayColumn(new Uint32Column()),
    line_numbers: new ArrayColumn(new Uint64Column("Int64")),
    line_columns: new ArrayColumn(new Uint64Column("Int64")),
  };
  readonly mappings = {
    day: new Uint16Column("Date"),
    partition: new Uint64Column(),
    id: new Uint32Column(),
    memory_start: new Uint64Column(),
    memory_limit: new Uint64Column(),
    file_offset: new Uint64Column(),
    filename: new StringColumn(),
    build_id: new StringColumn(),
    flags: new Uint8Column(),
  };
  readonly stacks = {
    day: new Uint16Column("Date"),
    partition: new Uint64Column(),
    id: new Uint32Column(),
    parent: new Uint32Column(),
    location: new Uint32Column(),
  };

  /** The tables in the order in which they are to be inserted. */
  tables(): Record<
    "mappings" | "functions" | "locations" | "stacks",
    Record<string, ColumnBuilder>
  > {
    return {
      mappings: this.mappings,
      functions: this.functions,
      locations: this.locations,
      stacks: this.stacks,
    };
  }

  clear(): void {
    for (const columns of Object.values(this.tables())) {
      for (const column of Object.values(columns)) column.clear();
    }
  }
}
