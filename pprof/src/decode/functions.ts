import { wordsOf } from "../bytes/int64.ts";
import { type FunctionTable, NONE } from "../profile.ts";
import type { FieldReader } from "./field-reader.ts";
import { IdResolver, type ResolvedIds } from "./ids.ts";

/** Reads functions. */
export class FunctionDecoder {
  readonly ids: IdResolver = new IdResolver();
  private readonly fields: FieldReader;
  private readonly table: FunctionTable;
  private readonly idWords: Int32Array;
  private readonly startLineWords: Int32Array;

  constructor(fields: FieldReader, length: number) {
    this.fields = fields;
    const columns = fields.columns(2 * length, 3 * length, 0);
    const id = columns.uint64(length);
    const startLine = columns.int64(length);
    const name = columns.int32(length);
    const systemName = columns.int32(length);
    const filename = columns.int32(length);
    this.table = { length, id, name, systemName, filename, startLine };
    this.idWords = wordsOf(id);
    this.startLineWords = wordsOf(startLine);
  }

  read(row: number): void {
    const { fields } = this;
    const { reader, faults } = fields;
    const { name, systemName, filename } = this.table;
    const outer = reader.enter();
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case 0x08:
          fields.wordsInto(this.idWords, row);
          break;
        case 0x10:
          name[row] = fields.stringIndex();
          break;
        case 0x18:
          systemName[row] = fields.stringIndex();
          break;
        case 0x20:
          filename[row] = fields.stringIndex();
          break;
        case 0x28:
          fields.wordsInto(this.startLineWords, row);
          break;
        default:
          fields.skipUnknown(tag, 5);
      }
    }
    reader.end = outer;
    if (name[row] === NONE) faults.functionNames++;
    if (systemName[row] === NONE) faults.functionSystemNames++;
    if (filename[row] === NONE) faults.functionFilenames++;
  }

  /** The way from function ids to rows. */
  resolve(): ResolvedIds {
    const resolved = this.ids.resolve(this.idWords);
    this.fields.faults.zeroFunctionIds = resolved.zeros;
    this.fields.faults.duplicateIds += resolved.duplicates;
    return resolved;
  }

  finish(): FunctionTable {
    return this.table;
  }
}
