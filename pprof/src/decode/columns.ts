/**
 * Carves the columns of a profile out of one buffer, which costs one allocation instead of forty and leaves the
 * garbage collector one object to track. Ask for 64-bit columns first, then 32-bit, then bytes.
 */
export class ColumnAllocator {
  private readonly buffer: ArrayBuffer;
  private used = 0;

  /** Room for exactly this many elements of each width. */
  constructor(count64: number, count32: number, count8: number) {
    this.buffer = new ArrayBuffer(8 * count64 + 4 * count32 + count8);
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
