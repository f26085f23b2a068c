import type { StringTable } from "../profile.ts";
import { stringTable } from "../strings.ts";
import type { FieldReader } from "./field-reader.ts";

/** Notes where the strings lie. */
export class StringDecoder {
  private readonly fields: FieldReader;
  private readonly start: Int32Array;
  private readonly end: Int32Array;

  /** `length` is at least 1: an input without strings gets an empty string 0, and a fault. */
  constructor(fields: FieldReader, length: number) {
    this.fields = fields;
    const columns = fields.columns(0, 2 * length, 0);
    this.start = columns.int32(length);
    this.end = columns.int32(length);
  }

  read(row: number): void {
    const { reader } = this.fields;
    const length = reader.length();
    this.start[row] = reader.pos;
    reader.pos += length;
    this.end[row] = reader.pos;
  }

  finish(ownership: "copy" | "view"): StringTable {
    const { start, end } = this;
    const { bytes } = this.fields.reader;
    if (ownership === "view") return stringTable(bytes, start, end);
    // Producers write all strings side by side, so one copy from the first to the last takes little else along.
    const first = start[0]!;
    const data = new Uint8Array(end[start.length - 1]! - first);
    data.set(bytes.subarray(first, first + data.length));
    for (let i = 0; i < start.length; i++) {
      start[i]! -= first;
      end[i]! -= first;
    }
    return stringTable(data, start, end);
  }
}
