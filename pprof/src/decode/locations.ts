import { HIGH, LOW, wordsOf } from "../bytes/int64.ts";
import { type LineTable, type LocationTable, NONE, UNKNOWN_MAPPING } from "../profile.ts";
import type { FieldReader } from "./field-reader.ts";
import { IdResolver, type ResolvedIds } from "./ids.ts";
import { checkCount } from "./scan.ts";
import { scratch } from "./scratch.ts";

/** Words of a line in its list: function token, line (low, high), column (low, high). */
const LINE_STRIDE = 5;

/** Reads locations with their lines. */
export class LocationDecoder {
  readonly ids: IdResolver = new IdResolver();
  private readonly fields: FieldReader;
  private readonly mappingIds: IdResolver;
  private readonly functionIds: IdResolver;
  private readonly length: number;
  private readonly id: BigUint64Array;
  private readonly address: BigUint64Array;
  private readonly idWords: Int32Array;
  private readonly addressWords: Int32Array;
  private readonly mapping: Int32Array;
  private readonly lineStart: Int32Array;
  private readonly folded: Uint8Array;

  constructor(
    fields: FieldReader,
    mappingIds: IdResolver,
    functionIds: IdResolver,
    length: number,
  ) {
    this.fields = fields;
    this.mappingIds = mappingIds;
    this.functionIds = functionIds;
    this.length = length;
    const columns = fields.columns(2 * length, 2 * length + 1, length);
    this.id = columns.uint64(length);
    this.address = columns.uint64(length);
    this.idWords = wordsOf(this.id);
    this.addressWords = wordsOf(this.address);
    this.mapping = columns.int32(length);
    this.lineStart = columns.int32(length + 1);
    this.folded = columns.uint8(length);
  }

  read(row: number): void {
    const { fields } = this;
    const { reader, limits } = fields;
    const { lines } = scratch;
    const linesBefore = lines.length;
    const start = reader.pos;
    const outer = reader.enter();
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case 0x08:
          fields.wordsInto(this.idWords, row);
          break;
        case 0x10:
          this.mapping[row] = fields.token(this.mappingIds);
          break;
        case 0x18:
          fields.wordsInto(this.addressWords, row);
          break;
        case 0x22:
          this.readLine();
          break;
        case 0x28:
          this.folded[row] = fields.flag();
          break;
        default:
          fields.skipUnknown(tag, 5);
      }
    }
    reader.end = outer;
    const count = (lines.length - linesBefore) / LINE_STRIDE;
    if (count > limits.maxLocationLines) {
      checkCount("lines of a location", "maxLocationLines", limits, count, start);
    }
    this.lineStart[row + 1] = lines.length / LINE_STRIDE;
  }

  /** The way from location ids to rows. */
  resolve(): ResolvedIds {
    const resolved = this.ids.resolve(this.idWords);
    this.fields.faults.zeroLocationIds = resolved.zeros;
    this.fields.faults.duplicateIds += resolved.duplicates;
    return resolved;
  }

  /** The table, once all mappings are known. */
  finish(mappings: ResolvedIds): LocationTable {
    const { length, id, mapping, address, lineStart, folded } = this;
    for (let row = 0; row < length; row++) {
      const token = mapping[row]!;
      const found = mappings.row(token);
      const unknown = found === NONE && token !== 0;
      if (unknown) this.fields.faults.unknownMappings++;
      mapping[row] = unknown ? UNKNOWN_MAPPING : found;
    }
    return { length, id, mapping, address, lineStart, folded };
  }

  /** The lines of all locations, once all functions are known. */
  finishLines(functions: ResolvedIds): LineTable {
    const { data } = scratch.lines;
    const length = scratch.lines.length / LINE_STRIDE;
    const columns = this.fields.columns(2 * length, length, 0);
    const line = columns.int64(length);
    const column = columns.int64(length);
    const callee = columns.int32(length);
    const lineWords = wordsOf(line);
    const columnWords = wordsOf(column);
    for (let i = 0, from = 0; i < length; i++, from += LINE_STRIDE) {
      callee[i] = data[from]!;
      lineWords[2 * i + LOW] = data[from + 1]!;
      lineWords[2 * i + HIGH] = data[from + 2]!;
      columnWords[2 * i + LOW] = data[from + 3]!;
      columnWords[2 * i + HIGH] = data[from + 4]!;
    }
    this.fields.faults.unknownFunctions = functions.replaceTokens(callee);
    return { length, function: callee, line, column };
  }

  private readLine(): void {
    const { fields } = this;
    const { reader } = fields;
    const { lines } = scratch;
    let callee = 0;
    let lineLow = 0;
    let lineHigh = 0;
    let columnLow = 0;
    let columnHigh = 0;
    const outer = reader.enter();
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case 0x08:
          callee = fields.token(this.functionIds);
          break;
        case 0x10:
          reader.varint64();
          lineLow = reader.low;
          lineHigh = reader.high;
          break;
        case 0x18:
          reader.varint64();
          columnLow = reader.low;
          columnHigh = reader.high;
          break;
        default:
          fields.skipUnknown(tag, 3);
      }
    }
    reader.end = outer;
    lines.reserve(LINE_STRIDE);
    const { data, length } = lines;
    data[length] = callee;
    data[length + 1] = lineLow;
    data[length + 2] = lineHigh;
    data[length + 3] = columnLow;
    data[length + 4] = columnHigh;
    lines.length = length + LINE_STRIDE;
  }
}
