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
