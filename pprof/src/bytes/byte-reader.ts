import { DecodeError, type DecodeErrorCode } from "./decode-error.ts";

/** Wire types of the protobuf encoding: the low three bits of a tag. */
export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_GROUP_START = 3;
export const WIRE_GROUP_END = 4;
export const WIRE_FIXED32 = 5;

/**
 * A cursor over protobuf bytes. Every read checks {@link ByteReader.end} first and throws a `DecodeError` instead of
 * passing it; `pos` moves only when the read succeeds. It never copies: what it is given must not change meanwhile.
 *
 * To read a nested message, narrow the reader and widen it again:
 *
 * ```ts
 * const outer = reader.enter();
 * while (reader.pos < reader.end) readField(reader);
 * reader.end = outer;
 * ```
 */
export class ByteReader {
  /** The input. Always a plain `Uint8Array`, so that code over it stays monomorphic when callers pass a `Buffer`. */
  readonly bytes: Uint8Array;
  /** Next byte to read. */
  pos = 0;
  /** Reads stop here. */
  end: number;
  /** Low half of the last {@link ByteReader.varint64}, as a signed 32-bit integer. */
  low = 0;
  /** High half of the last {@link ByteReader.varint64}, as a signed 32-bit integer. */
  high = 0;

  constructor(bytes: Uint8Array) {
    this.bytes =
      bytes.constructor === Uint8Array
        ? bytes
        : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.byteLength;
  }

  /** An unsigned varint that fits a safe integer. Columns of full 64-bit range use {@link ByteReader.varint64}. */
  varint(): number {
    const { bytes, pos } = this;
    if (pos < this.end) {
      const first = bytes[pos]!;
      if (first < 0x80) {
        this.pos = pos + 1;
        return first;
      }
      if (pos + 1 < this.end) {
        const second = bytes[pos + 1]!;
        if (second < 0x80) {
          this.pos = pos + 2;
          return (first & 0x7f) | (second << 7);
        }
      }
    }
    this.longVarint64();
    const value = (this.high >>> 0) * 4_294_967_296 + (this.low >>> 0);
    if (value > Number.MAX_SAFE_INTEGER) {
      this.pos = pos;
      throw this.error("varint_overflow", "a varint is above 2^53");
    }
    return value;
  }

  /** A varint of up to 64 bits, left in `low` and `high`. */
  varint64(): void {
    const { pos } = this;
    if (pos < this.end) {
      const first = this.bytes[pos]!;
      if (first < 0x80) {
        this.low = first;
        this.high = 0;
        this.pos = pos + 1;
        return;
      }
    }
    this.longVarint64();
  }

  /** A tag: field number times 8 plus wire type. */
  tag(): number {
    const start = this.pos;
    const tag = this.varint();
    if (tag < 8 || tag > 0xffff_ffff) {
      this.pos = start;
      throw this.error("bad_field_number", `there is no field ${Math.floor(tag / 8)}`);
    }
    return tag;
  }

  /** Number of bytes of the length-delimited value at the cursor, which lies wholly before `end`. */
  length(): number {
    const start = this.pos;
    const length = this.varint();
    if (length > this.end - this.pos) {
      const left = this.end - this.pos;
      this.pos = start;
      throw this.error("truncated", `a value of ${length} bytes begins where ${left} are left`);
    }
    return length;
  }

  /** Reads the length of a nested message and narrows `end` to it. Returns the `end` to put back afterwards. */
  enter(): number {
    const outer = this.end;
    const length = this.length();
    this.end = this.pos + length;
    return outer;
  }

  /** Reads past the value of a field whose tag was just read, groups included. */
  skip(tag: number, maxGroupDepth: number): void {
    switch (tag & 7) {
      case WIRE_VARINT:
        this.varint64();
        return;
      case WIRE_FIXED64:
        this.advance(8);
        return;
      case WIRE_BYTES: {
        const length = this.length();
        this.pos += length;
        return;
      }
      case WIRE_GROUP_START:
        this.skipGroup(tag >>> 3, maxGroupDepth);
        return;
      case WIRE_FIXED32:
        this.advance(4);
        return;
      case WIRE_GROUP_END:
        throw this.error("bad_group", `group ${tag >>> 3} ends but did not begin`);
      default:
        throw this.error("bad_wire_type", `there is no wire type ${tag & 7}`);
    }
  }

  /** A `DecodeError` at the cursor, for the caller to throw. */
  error(code: DecodeErrorCode, message: string): DecodeError {
    return new DecodeError(code, message, { offset: this.pos });
  }

  private advance(count: number): void {
    if (count > this.end - this.pos) {
      throw this.error("truncated", `${count} bytes are due where ${this.end - this.pos} are left`);
    }
    this.pos += count;
  }

  /** A loop with a stack of its own, so that nesting costs no JavaScript stack. */
  private skipGroup(field: number, maxDepth: number): void {
    const open = [field];
    while (open.length > 0) {
      if (open.length > maxDepth) {
        throw new DecodeError("too_deep", `groups nest deeper than ${maxDepth}`, {
          offset: this.pos,
          limitName: "maxGroupDepth",
          limit: maxDepth,
        });
      }
      const tag = this.tag();
      switch (tag & 7) {
        case WIRE_GROUP_START:
          open.push(tag >>> 3);
          break;
        case WIRE_GROUP_END:
          if (open.pop() !== tag >>> 3) {
            throw this.error("bad_group", `group ${tag >>> 3} ends inside another`);
          }
          break;
        default:
          this.skip(tag, maxDepth);
      }
    }
  }

  /** The general case of both varint readers; never called for one-byte varints in range. */
  private longVarint64(): void {
    const { bytes, end } = this;
    let pos = this.pos;
    let low = 0;
    let shift = 0;
    for (; shift < 28; shift += 7) {
      if (pos >= end) throw this.error("truncated", "a varint runs past the end");
      const byte = bytes[pos++]!;
      low |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      this.low = low;
      this.high = 0;
      this.pos = pos;
      return;
    }
    let high = 0;
    for (; shift < 70; shift += 7) {
      if (pos >= end) throw this.error("truncated", "a varint runs past the end");
      const byte = bytes[pos++]!;
      const bits = byte & 0x7f;
      if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte >= 0x80) continue;
      if (shift === 63 && byte > 1) break;
      this.low = low;
      this.high = high;
      this.pos = pos;
      return;
    }
    throw this.error("varint_overflow", "a varint has more than 64 bits");
  }
}
