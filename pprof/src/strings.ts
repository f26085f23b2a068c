import { isUtf8 } from "./bytes/utf8.ts";
import type { StringTable } from "./profile.ts";

/** A string table over ranges of `data`, which it keeps and does not copy. */
export function stringTable(data: Uint8Array, start: Int32Array, end: Int32Array): StringTable {
  return new Utf8Strings(data, start, end);
}

/** Index of the first string that is not valid UTF-8, or -1 when all are. Makes no JavaScript strings. */
export function firstInvalidUtf8(strings: StringTable): number {
  const { data, start, end, length } = strings;
  for (let i = 0; i < length; i++) {
    const last = end[i]!;
    let bits = 0;
    for (let pos = start[i]!; pos < last; pos++) bits |= data[pos]!;
    if (bits >= 0x80 && !isUtf8(data.subarray(start[i], last))) return i;
  }
  return -1;
}

// Without ignoreBOM a decoder eats a U+FEFF at the start of a string.
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const EMPTY = new Uint8Array(0);
const SHORT = 24;

class Utf8Strings implements StringTable {
  readonly length: number;
  readonly data: Uint8Array;
  readonly start: Int32Array;
  readonly end: Int32Array;

  constructor(data: Uint8Array, start: Int32Array, end: Int32Array) {
    this.length = start.length;
    this.data = data;
    this.start = start;
    this.end = end;
  }

  get(index: number): string {
    if (!(index >= 0 && index < this.length)) return "";
    const start = this.start[index]!;
    const end = this.end[index]!;
    // Short ASCII is most of what profiles hold, and TextDecoder costs a call into native code.
    if (end - start <= SHORT) {
      let text = "";
      for (let pos = start; pos < end; pos++) {
        const byte = this.data[pos]!;
        if (byte >= 0x80) return lenient.decode(this.data.subarray(start, end));
        text += String.fromCharCode(byte);
      }
      return text;
    }
    return lenient.decode(this.data.subarray(start, end));
  }

  bytes(index: number): Uint8Array {
    if (!(index >= 0 && index < this.length)) return EMPTY;
    return this.data.subarray(this.start[index], this.end[index]);
  }
}
