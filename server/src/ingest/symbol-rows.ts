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
  readonly functions: FunctionRows = new FunctionRows();
  readonly locations: LocationRows = new LocationRows();
  readonly mappings: MappingRows = new MappingRows();
  readonly stacks: StackRows = new StackRows();

  /** The columns of the tables, in the order in which they are to be inserted. */
  tables(): Record<string, Record<string, ColumnBuilder>> {
    return {
      mappings: { ...this.mappings },
      functions: { ...this.functions },
      locations: { ...this.locations },
      stacks: { ...this.stacks },
    };
  }

  /** Bytes that they take, about. */
  get bytes(): number {
    const { functions, locations, mappings, stacks } = this;
    const texts = [functions.name, functions.system_name, functions.filename, mappings.filename];
    const rows = [
      functions.id,
      mappings.id,
      stacks.id,
      locations.id,
      locations.line_functions.items,
    ];
    return (
      texts.reduce((sum, { bytes }) => sum + bytes, 0) +
      rows.reduce((sum, column) => sum + column.rows, 0) * ROW_BYTES
    );
  }

  clear(): void {
    for (const columns of Object.values(this.tables())) {
      for (const column of Object.values(columns)) column.clear();
    }
  }
}

/** Of a row, besides its text. */
const ROW_BYTES = 32;

/** What the rows of all symbols begin with. The fields of these classes are the columns of the tables, in their order. */
export class KeyRows {
  readonly day: Uint16Column = new Uint16Column("Date");
  readonly partition: Uint64Column = new Uint64Column();
  readonly id: Uint32Column = new Uint32Column();
}

class FunctionRows extends KeyRows {
  readonly name: StringColumn = new StringColumn();
  readonly system_name: StringColumn = new StringColumn();
  readonly filename: StringColumn = new StringColumn();
  readonly start_line: Uint64Column = new Uint64Column("Int64");
}

class LocationRows extends KeyRows {
  readonly mapping: Uint32Column = new Uint32Column();
  readonly address: Uint64Column = new Uint64Column();
  readonly folded: Uint8Column = new Uint8Column();
  readonly line_functions: ArrayColumn<Uint32Column> = new ArrayColumn(new Uint32Column());
  readonly line_numbers: ArrayColumn<Uint64Column> = new ArrayColumn(new Uint64Column("Int64"));
  readonly line_columns: ArrayColumn<Uint64Column> = new ArrayColumn(new Uint64Column("Int64"));
}

class MappingRows extends KeyRows {
  readonly memory_start: Uint64Column = new Uint64Column();
  readonly memory_limit: Uint64Column = new Uint64Column();
  readonly file_offset: Uint64Column = new Uint64Column();
  readonly filename: StringColumn = new StringColumn();
  readonly build_id: StringColumn = new StringColumn();
  readonly flags: Uint8Column = new Uint8Column();
}

class StackRows extends KeyRows {
  readonly parent: Uint32Column = new Uint32Column();
  readonly location: Uint32Column = new Uint32Column();
}
