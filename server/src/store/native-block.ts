/**
 * Columns that grow and are written as one block of ClickHouse's Native format.
 *
 * A block is: number of columns and rows (LEB128), then for each column its name, its type and its data. Numbers lie
 * little-endian one after another, strings are a LEB128 length and bytes, arrays are the end of each row's list in
 * the flat items (UInt64) followed by the items.
 */

/** A column under construction. `clear` keeps the memory for the next block. */
export interface ColumnBuilder {
  readonly type: string;
  readonly rows: number;
  write(out: ByteSink): void;
  clear(): void;
}

/** One block: its columns by name, all with the same number of rows. */
export function encodeNativeBlock(
  columns: Readonly<Record<string, ColumnBuilder>>,
): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(columns);
  const rows = entries[0]?.[1].rows ?? 0;
  const out = new ByteSink();
  out.varint(entries.length);
  out.varint(rows);
  for (const [name, column] of entries) {
    if (column.rows !== rows)
      throw new Error(`column ${name} has ${column.rows} rows, not ${rows}`);
    out.text(name);
    out.text(column.type);
    column.write(out);
  }
  return out.finish();
}

/** Bytes that grow. */
export class ByteSink {
  /** Bytes written so far. */
  length = 0;
  private bytes = new Uint8Array(65_536);

  varint(value: number): void {
    this.reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.length++] = rest;
  }

  text(value: string): void {
    const bytes = encoder.encode(value);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Everything written so far, a view; the sink must not be used again. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }

  private reserve(extra: number): void {
    const needed = this.length + extra;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}

/** UInt8. */
export class Uint8Column implements ColumnBuilder {
  readonly type = "UInt8";
  rows = 0;
  private values = new Uint8Array(256);

  push(value: number): void {
    if (this.rows === this.values.length)
      this.values = grown(this.values, new Uint8Array(this.rows * 2));
    this.values[this.rows++] = value;
  }

  write(out: ByteSink): void {
    out.raw(this.values.subarray(0, this.rows));
  }

  clear(): void {
    this.rows = 0;
  }
}

/** UInt16, or Date as days since 1970. */
export class Uint16Column implements ColumnBuilder {
  readonly type: string;
  rows = 0;
  private values = new Uint16Array(256);

  constructor(type: "UInt16" | "Date" = "UInt16") {
    this.type = type;
  }

  push(value: number): void {
    if (this.rows === this.values.length) {
      this.values = grown(this.values, new Uint16Array(this.rows * 2));
    }
    this.values[this.rows++] = value;
  }

  write(out: ByteSink): void {
    out.raw(bytesOf(this.values, this.rows));
  }

  clear(): void {
    this.rows = 0;
  }
}

/** UInt32. */
export class Uint32Column implements ColumnBuilder {
  readonly type = "UInt32";
  rows = 0;
  private values = new Uint32Array(256);

  push(value: number): void {
    if (this.rows === this.values.length) this.reserve(1);
    this.values[this.rows++] = value;
  }

  /** The memory of `count` more rows, to be filled by the caller. Valid until the next call. */
  extend(count: number): Uint32Array {
    this.reserve(count);
    const view = this.values.subarray(this.rows, this.rows + count);
    this.rows += count;
    return view;
  }

  /** Gives back the last rows. */
  shrink(count: number): void {
    this.rows -= count;
  }

  write(out: ByteSink): void {
    out.raw(bytesOf(this.values, this.rows));
  }

  clear(): void {
    this.rows = 0;
  }

  private reserve(extra: number): void {
    const needed = this.rows + extra;
    if (needed <= this.values.length) return;
    this.values = grown(this.values, new Uint32Array(Math.max(needed, this.values.length * 2)));
  }
}

/** UInt64 or Int64, pushed as two 32-bit halves or as a number or bigint. */
export class Uint64Column implements ColumnBuilder {
  readonly type: string;
  rows = 0;
  private words = new Uint32Array(512);

  constructor(type: "UInt64" | "Int64" = "UInt64") {
    this.type = type;
  }

  push(low: number, high: number): void {
    if (this.rows * 2 === this.words.length) this.reserve(1);
    this.words[this.rows * 2] = low;
    this.words[this.rows * 2 + 1] = high;
    this.rows++;
  }

  pushBigint(value: bigint): void {
    this.push(Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn));
  }

  /** The memory of `count` more rows as pairs of low and high halves. Valid until the next call. */
  extend(count: number): Uint32Array {
    this.reserve(count);
    const view = this.words.subarray(this.rows * 2, (this.rows + count) * 2);
    this.rows += count;
    return view;
  }

  /** Gives back the last rows. */
  shrink(count: number): void {
    this.rows -= count;
  }

  write(out: ByteSink): void {
    out.raw(bytesOf(this.words, this.rows * 2));
  }

  clear(): void {
    this.rows = 0;
  }

  private reserve(extra: number): void {
    const needed = (this.rows + extra) * 2;
    if (needed <= this.words.length) return;
    this.words = grown(this.words, new Uint32Array(Math.max(needed, this.words.length * 2)));
  }
}

/** FixedString(width), or UUID (width 16: the two halves of the id, each little-endian, high half first). */
export class FixedColumn implements ColumnBuilder {
  readonly type: string;
  rows = 0;
  private readonly width: number;
  private bytes: Uint8Array;

  constructor(width: number, type: string = `FixedString(${width})`) {
    this.type = type;
    this.width = width;
    this.bytes = new Uint8Array(width * 64);
  }

  push(value: Uint8Array): void {
    const end = (this.rows + 1) * this.width;
    if (end > this.bytes.length) this.bytes = grown(this.bytes, new Uint8Array(end * 2));
    this.bytes.set(value, this.rows * this.width);
    this.rows++;
  }

  write(out: ByteSink): void {
    out.raw(this.bytes.subarray(0, this.rows * this.width));
  }

  clear(): void {
    this.rows = 0;
  }
}

/** String: any bytes. */
export class StringColumn implements ColumnBuilder {
  readonly type = "String";
  rows = 0;
  private sink = new ByteSink();

  /** Of all rows, with their lengths. */
  get bytes(): number {
    return this.sink.length;
  }

  push(bytes: Uint8Array): void {
    this.sink.varint(bytes.length);
    this.sink.raw(bytes);
    this.rows++;
  }

  pushText(value: string): void {
    this.sink.text(value);
    this.rows++;
  }

  write(out: ByteSink): void {
    out.raw(this.sink.finish());
  }

  clear(): void {
    this.rows = 0;
    this.sink = new ByteSink();
  }
}

/** Array(T): push the items of a row into `items`, then `endRow()`. */
export class ArrayColumn<Items extends ColumnBuilder> implements ColumnBuilder {
  readonly items: Items;
  private readonly ends = new Uint64Column();

  constructor(items: Items) {
    this.items = items;
  }

  get type(): string {
    return `Array(${this.items.type})`;
  }

  get rows(): number {
    return this.ends.rows;
  }

  endRow(): void {
    this.ends.push(this.items.rows, 0);
  }

  write(out: ByteSink): void {
    this.ends.write(out);
    this.items.write(out);
  }

  clear(): void {
    this.ends.clear();
    this.items.clear();
  }
}

const encoder = new TextEncoder();

function grown<T extends Uint8Array | Uint16Array | Uint32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

function bytesOf(values: Uint16Array | Uint32Array, length: number): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, length * values.BYTES_PER_ELEMENT);
}
