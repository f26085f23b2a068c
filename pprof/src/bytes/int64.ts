/** Position of the low half of a 64-bit element among its two 32-bit words: 0 on little-endian machines, else 1. */
export const LOW: 0 | 1 = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;

/** Position of the high half, see {@link LOW}. */
export const HIGH: 0 | 1 = LOW === 0 ? 1 : 0;

const TWO_32 = 4_294_967_296;

/**
 * The same memory as 32-bit words, for loops that must not make a bigint per element: the halves of element `i` are
 * `words[2 * i + LOW]` (to be read as unsigned: `>>> 0`) and `words[2 * i + HIGH]`.
 */
export function wordsOf(column: BigInt64Array | BigUint64Array): Int32Array {
  return new Int32Array(column.buffer, column.byteOffset, column.length * 2);
}

/** Element `i` of a signed column as a number: exact up to 2^53 either side of 0, rounded beyond. */
export function int64At(words: Int32Array, i: number): number {
  return words[2 * i + HIGH]! * TWO_32 + (words[2 * i + LOW]! >>> 0);
}

/** Element `i` of an unsigned column as a number: exact up to 2^53, rounded beyond. */
export function uint64At(words: Int32Array, i: number): number {
  return (words[2 * i + HIGH]! >>> 0) * TWO_32 + (words[2 * i + LOW]! >>> 0);
}

/** Two halves as a signed 64-bit integer. */
export function int64Of(low: number, high: number): bigint {
  return (BigInt(high | 0) << 32n) | BigInt(low >>> 0);
}

/** Two halves as an unsigned 64-bit integer. */
export function uint64Of(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/**
 * Splits an integer into two 32-bit halves, `out[at]` low and `out[at + 1]` high. Numbers must be safe integers,
 * bigints must fit 64 bits (signed or unsigned). Returns whether it was one.
 */
export function splitInt64(value: number | bigint, out: Int32Array, at: number): boolean {
  if (typeof value === "number") {
    out[at] = value;
    out[at + 1] = Math.floor(value / 4_294_967_296);
    return Number.isSafeInteger(value);
  }
  out[at] = Number(BigInt.asIntN(32, value));
  out[at + 1] = Number(BigInt.asIntN(32, value >> 32n));
  return value >= -0x8000_0000_0000_0000n && value <= 0xffff_ffff_ffff_ffffn;
}
