import type { ByteReader } from "../bytes/byte-reader.ts";
import { ColumnAllocator, type ColumnMemory } from "../bytes/columns.ts";
import { HIGH, int64Of, LOW } from "../bytes/int64.ts";
import { NO_FAULTS, NONE, type ProfileFaults, type ValueType } from "../profile.ts";
import type { IdResolver } from "./ids.ts";
import type { DecodeLimits } from "./limits.ts";

/** What the decoders of all tables share: the cursor, the limits, the faults found so far, and kinds of fields. */
export class FieldReader {
  readonly reader: ByteReader;
  readonly limits: DecodeLimits;
  readonly faults: { -readonly [K in keyof ProfileFaults]: number } = { ...NO_FAULTS };
  private readonly stringCount: number;
  private readonly memory: ColumnMemory | undefined;

  constructor(
    reader: ByteReader,
    limits: DecodeLimits,
    stringCount: number,
    memory: ColumnMemory | undefined,
  ) {
    this.reader = reader;
    this.limits = limits;
    this.stringCount = stringCount;
    this.memory = memory;
  }

  /** Room for the columns of a table, see {@link ColumnAllocator}. */
  columns(count64: number, count32: number, count8: number): ColumnAllocator {
    return new ColumnAllocator(count64, count32, count8, this.memory);
  }

  /** A string index, {@link NONE} when out of range. */
  stringIndex(): number {
    const { reader } = this;
    reader.varint64();
    const { low } = reader;
    return reader.high === 0 && low >= 0 && low < this.stringCount ? low : NONE;
  }

  /** An id as a token of its table. */
  token(ids: IdResolver): number {
    const { reader } = this;
    reader.varint64();
    return reader.high === 0 && reader.low >= 0 ? reader.low : ids.token(reader.low, reader.high);
  }

  /** A 64-bit number, put into a column as element `row`. */
  wordsInto(words: Int32Array, row: number): void {
    const { reader } = this;
    reader.varint64();
    words[2 * row + LOW] = reader.low;
    words[2 * row + HIGH] = reader.high;
  }

  int64(): bigint {
    this.reader.varint64();
    return int64Of(this.reader.low, this.reader.high);
  }

  /** A bool as 0 or 1. */
  flag(): number {
    this.reader.varint64();
    return (this.reader.low | this.reader.high) === 0 ? 0 : 1;
  }

  /** A nested ValueType, over what an earlier occurrence of the field gave. */
  valueType(before: ValueType): ValueType {
    const { reader } = this;
    let { type, unit } = before;
    const outer = reader.enter();
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      if (tag === 0x08) type = this.stringIndex();
      else if (tag === 0x10) unit = this.stringIndex();
      else this.skipUnknown(tag, 2);
    }
    reader.end = outer;
    return { type, unit };
  }

  /** A known field under a wrong wire type is a broken message; only unknown ones are read past. */
  skipUnknown(tag: number, lastKnownField: number): void {
    const field = tag >>> 3;
    if (field <= lastKnownField) {
      throw this.reader.error("bad_wire_type", `field ${field} has wire type ${tag & 7}`);
    }
    this.reader.skip(tag, this.limits.maxGroupDepth);
  }
}
