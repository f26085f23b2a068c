/**
 * Memory for the columns of one profile after another, for callers that are through with a profile before they decode
 * the next: see `DecodeOptions.memory`. Memory of their own is memory that the garbage collector has to find out about
 * and give back; a process that decodes 400 profiles a second has it do so seven times a second.
 */
export class ColumnMemory {
  private bytes = new Uint8Array(MIN_BYTES);
  private used = 0;

  /** Everything handed out so far may be overwritten from now on. */
  reset(): void {
    this.used = 0;
    if (this.bytes.length > KEPT_BYTES) this.bytes = new Uint8Array(MIN_BYTES);
  }

  /** So many zeroed bytes, at a multiple of 8. When they do not fit, what was handed out before stays where it is. */
  take(byteLength: number): { readonly buffer: ArrayBuffer; readonly offset: number } {
    let offset = this.used;
    if (offset + byteLength > this.bytes.length) {
      this.bytes = new Uint8Array(Math.max(2 * this.bytes.length, byteLength));
      offset = 0;
    } else {
      this.bytes.fill(0, offset, offset + byteLength);
    }
    this.used = Math.ceil((offset + byteLength) / 8) * 8;
    return { buffer: this.bytes.buffer, offset };
  }
}

const MIN_BYTES = 1024 * 1024;
/** More than this is not kept for the next profile. */
const KEPT_BYTES = 16 * 1024 * 1024;

/**
 * Carves the columns of a table out of one buffer, which costs one allocation instead of many and leaves the garbage
 * collector one object to track. Ask for 64-bit columns first, then 32-bit, then bytes.
 */
export class ColumnAllocator {
  private readonly buffer: ArrayBuffer;
  private used: number;

  /** Room for exactly this many elements of each width, in new memory unless there is some to use. */
  constructor(count64: number, count32: number, count8: number, memory?: ColumnMemory) {
    const byteLength = 8 * count64 + 4 * count32 + count8;
    const { buffer, offset } = memory?.take(byteLength) ?? {
      buffer: new ArrayBuffer(byteLength),
      offset: 0,
    };
    this.buffer = buffer;
    this.used = offset;
  }

  int64(length: number): BigInt64Array {
    return new BigInt64Array(this.buffer, this.take(8 * length), length);
  }

  uint64(length: number): BigUint64Array {
    return new BigUint64Array(this.buffer, this.take(8 * length), length);
  }

  int32(length: number): Int32Array {
    return new Int32Array(this.buffer, this.take(4 * length), length);
  }

  uint8(length: number): Uint8Array {
    return new Uint8Array(this.buffer, this.take(length), length);
  }

  private take(byteLength: number): number {
    const offset = this.used;
    this.used += byteLength;
    return offset;
  }
}
