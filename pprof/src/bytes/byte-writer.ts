/**
 * Writes protobuf bytes into one growing buffer. Nested messages are written in place after one reserved length byte;
 * the few longer than 127 bytes are moved up when they end.
 *
 * ```ts
 * const start = writer.begin(0x12);
 * writer.field64(0x08, 7, 0);
 * writer.finishMessage(start);
 * ```
 */
export class ByteWriter {
  private bytes: Uint8Array<ArrayBuffer>;
  private pos = 0;

  constructor(capacity: number = 256) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Number of bytes written so far. */
  get length(): number {
    return this.pos;
  }

  /** The bytes written so far: a view, which further writes may or may not change. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.pos);
  }

  /** An unsigned 32-bit integer. */
  varint(value: number): void {
    this.reserve(5);
    const { bytes } = this;
    let { pos } = this;
    let rest = value >>> 0;
    while (rest >= 0x80) {
      bytes[pos++] = rest | 0x80;
      rest >>>= 7;
    }
    bytes[pos++] = rest;
    this.pos = pos;
  }

  /** A 64-bit integer given as two halves. */
  varint64(low: number, high: number): void {
    if (high === 0) {
      this.varint(low);
      return;
    }
    this.reserve(10);
    const { bytes } = this;
    let { pos } = this;
    let restLow = low;
    let restHigh = high;
    while (restHigh !== 0) {
      bytes[pos++] = restLow | 0x80;
      restLow = (restLow >>> 7) | (restHigh << 25);
      restHigh >>>= 7;
    }
    this.pos = pos;
    this.varint(restLow);
  }

  /** A string table index: not negative, or -1, which takes ten bytes like any negative integer. */
  index(value: number): void {
    this.varint64(value, value < 0 ? -1 : 0);
  }

  /** Tag (one byte) and 64-bit value; nothing when the value is 0, the default. */
  field64(tag: number, low: number, high: number): void {
    if ((low | high) === 0) return;
    this.tag(tag);
    this.varint64(low, high);
  }

  /** Tag (one byte) and {@link ByteWriter.index}; nothing when the value is 0, the default. */
  indexField(tag: number, value: number): void {
    if (value === 0) return;
    this.tag(tag);
    this.index(value);
  }

  /** A tag of one byte: fields 1 to 15. */
  tag(tag: number): void {
    this.reserve(1);
    this.bytes[this.pos++] = tag;
  }

  /** Tag (one byte), length and bytes. */
  bytesField(tag: number, source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.tag(tag);
    this.varint(length);
    this.reserve(length);
    const { bytes, pos } = this;
    // Below about 32 bytes a loop beats the call into native code.
    if (length < 32) for (let i = 0; i < length; i++) bytes[pos + i] = source[start + i]!;
    else bytes.set(source.subarray(start, end), pos);
    this.pos = pos + length;
  }

  /** Begins a nested message under a tag of one byte. Returns what {@link ByteWriter.finishMessage} wants. */
  begin(tag: number): number {
    this.reserve(2);
    this.bytes[this.pos] = tag;
    this.pos += 2;
    return this.pos;
  }

  /** Ends the nested message that began at `start`. */
  finishMessage(start: number): void {
    const length = this.pos - start;
    if (length < 0x80) {
      this.bytes[start - 1] = length;
      return;
    }
    let extra = 0;
    for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 128)) extra++;
    this.reserve(extra);
    this.bytes.copyWithin(start + extra, start, this.pos);
    const end = this.pos + extra;
    this.pos = start - 1;
    this.varint(length);
    this.pos = end;
  }

  /** Makes room for `count` more bytes. */
  private reserve(count: number): void {
    if (this.pos + count > this.bytes.length) this.grow(count);
  }

  private grow(count: number): void {
    const grown = new Uint8Array(Math.max(this.pos + count, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.pos));
    this.bytes = grown;
  }
}
