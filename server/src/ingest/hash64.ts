import { randomInt } from "node:crypto";

/**
 * 64-bit hashes of bytes and of 32-bit words, as two lanes of 32 bits so that no bigint is made per hash.
 *
 * They key the writer's dictionaries, where two contents with one hash would become one. With 2^22 entries that has a
 * chance of about 2^-21 per process; a random seed keeps clients from aiming at it.
 */

/** Result of the functions below: low lane, high lane. Overwritten by the next call. */
export const lanes: Int32Array = new Int32Array(2);

/**
 * Hashes bytes into {@link lanes} and says whether all of them are ASCII.
 * `view` and `bytes` are the same memory.
 */
export function hashBytes(view: DataView, bytes: Uint8Array, start: number, end: number): boolean {
  let low = SEED_LOW ^ (end - start);
  let high = SEED_HIGH;
  let seen = 0;
  let pos = start;
  for (const last = end - 3; pos < last; pos += 4) {
    const word = view.getInt32(pos, true);
    seen |= word;
    low = Math.imul(low ^ word, MULTIPLY_LOW);
    low ^= low >>> 15;
    high = Math.imul(high + word, MULTIPLY_HIGH);
    high ^= high >>> 13;
  }
  if (pos < end) {
    let word = 0;
    for (; pos < end; pos++) word = (word << 8) | bytes[pos]!;
    seen |= word;
    low = Math.imul(low ^ word, MULTIPLY_LOW);
    low ^= low >>> 15;
    high = Math.imul(high + word, MULTIPLY_HIGH);
    high ^= high >>> 13;
  }
  finish(low, high);
  return (seen & NOT_ASCII) === 0;
}

/** Hashes `words[start..end]` into {@link lanes}. */
export function hashWords(words: Int32Array, start: number, end: number): void {
  let low = SEED_LOW ^ (end - start);
  let high = SEED_HIGH;
  for (let i = start; i < end; i++) {
    const word = words[i]!;
    low = Math.imul(low ^ word, MULTIPLY_LOW);
    low ^= low >>> 15;
    high = Math.imul(high + word, MULTIPLY_HIGH);
    high ^= high >>> 13;
  }
  finish(low, high);
}

const SEED_LOW = randomInt(2 ** 32) | 0;
const SEED_HIGH = randomInt(2 ** 32) | 0;
const MULTIPLY_LOW = 0x9e3779b1 | 0;
const MULTIPLY_HIGH = 0x85ebca77 | 0;
const NOT_ASCII = 0x80808080 | 0;

/** Spreads every bit over its lane, and each lane over the other. */
function finish(low: number, high: number): void {
  let a = low ^ (high << 16) ^ (high >>> 16);
  a = Math.imul(a ^ (a >>> 16), 0x7feb352d);
  a = Math.imul(a ^ (a >>> 15), 0x846ca68b | 0);
  a ^= a >>> 16;
  let b = high;
  b = Math.imul(b ^ (b >>> 16), 0x21f0aaad);
  b = Math.imul(b ^ (b >>> 15), 0x735a2d97);
  b ^= b >>> 15;
  lanes[0] = a;
  lanes[1] = b;
}
