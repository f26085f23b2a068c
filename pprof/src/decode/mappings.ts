import { wordsOf } from "../bytes/int64.ts";
import { type MappingTable, NONE } from "../profile.ts";
import type { FieldReader } from "./field-reader.ts";
import { IdResolver, type ResolvedIds } from "./ids.ts";

/** Reads mappings. */
export class MappingDecoder {
  readonly ids: IdResolver = new IdResolver();
  private readonly fields: FieldReader;
  private readonly table: MappingTable;
  private readonly words: Record<"id" | "start" | "limit" | "offset", Int32Array>;

  constructor(fields: FieldReader, length: number) {
    this.fields = fields;
    const columns = fields.columns(4 * length, 2 * length, 4 * length);
    const id = columns.uint64(length);
    const start = columns.uint64(length);
    const limit = columns.uint64(length);
    const offset = columns.uint64(length);
    this.table = {
      length,
      id,
      start,
      limit,
      offset,
      filename: columns.int32(length),
      buildId: columns.int32(length),
      hasFunctions: columns.uint8(length),
      hasFilenames: columns.uint8(length),
      hasLineNumbers: columns.uint8(length),
      hasInlineFrames: columns.uint8(length),
    };
    this.words = {
      id: wordsOf(id),
      start: wordsOf(start),
      limit: wordsOf(limit),
      offset: wordsOf(offset),
    };
  }

  read(row: number): void {
    const { fields, table, words } = this;
    const { reader, faults } = fields;
    const outer = reader.enter();
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case 0x08:
          fields.wordsInto(words.id, row);
          break;
        case 0x10:
          fields.wordsInto(words.start, row);
          break;
        case 0x18:
          fields.wordsInto(words.limit, row);
          break;
        case 0x20:
          fields.wordsInto(words.offset, row);
          break;
        case 0x28:
          table.filename[row] = fields.stringIndex();
          break;
        case 0x30:
          table.buildId[row] = fields.stringIndex();
          break;
        case 0x38:
          table.hasFunctions[row] = fields.flag();
          break;
        case 0x40:
          table.hasFilenames[row] = fields.flag();
          break;
        case 0x48:
          table.hasLineNumbers[row] = fields.flag();
          break;
        case 0x50:
          table.hasInlineFrames[row] = fields.flag();
          break;
        default:
          fields.skipUnknown(tag, 10);
      }
    }
    reader.end = outer;
    if (table.filename[row] === NONE) faults.mappingFilenames++;
    if (table.buildId[row] === NONE) faults.mappingBuildIds++;
  }

  /** The way from mapping ids to rows. */
  resolve(): ResolvedIds {
    const resolved = this.ids.resolve(this.words.id);
    this.fields.faults.zeroMappingIds = resolved.zeros;
    this.fields.faults.duplicateIds += resolved.duplicates;
    return resolved;
  }

  finish(): MappingTable {
    return this.table;
  }
}
