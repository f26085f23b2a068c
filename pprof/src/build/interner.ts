import { IntVector } from "../bytes/int-vector.ts";

/** Different in each process, so that nobody can prepare input whose hashes collide. */
const SEED = (Math.random() * 4_294_967_296) | 0;

/**
 * Numbers distinct tuples of 32-bit integers from 0 in the order they come. Tuples may differ in length. An open
 * hash table over flat arrays: no object per tuple.
 */
export class TupleInterner {
  /** All distinct tuples one after another. */
  readonly words: IntVector = new IntVector(256);
  /** Where each begins in `words`, and one entry more. */
  readonly starts: IntVector = new IntVector(64);
  private readonly slots = new Slots();

  constructor() {
    this.starts.push(0);
  }

  get length(): number {
    return this.starts.length - 1;
  }

  /** The number of the tuple `data[from]` up to, not including, `data[to]`; a new one is copied. */
  intern(data: Int32Array, from: number, to: number): number {
    let hash = SEED ^ (to - from);
    for (let i = from; i < to; i++) {
      hash = Math.imul(hash ^ data[i]!, 0x5bd1e995);
      hash ^= hash >>> 15;
    }
    hash = finishHash(hash);
    const { slots } = this;
    for (let slot = slots.first(hash); ; slot = slots.next(slot)) {
      const index = slots.at(slot);
      if (index < 0) {
        this.words.reserve(to - from);
        this.words.data.set(data.subarray(from, to), this.words.length);
        this.words.length += to - from;
        this.starts.push(this.words.length);
        return slots.add(slot, hash);
      }
      if (slots.hashAt(index) === hash && this.equals(index, data, from, to)) return index;
    }
  }

  private equals(index: number, data: Int32Array, from: number, to: number): boolean {
    const start = this.starts.data[index]!;
    if (this.starts.data[index + 1]! - start !== to - from) return false;
    const words = this.words.data;
    for (let i = 0; i < to - from; i++) if (words[start + i] !== data[from + i]) return false;
    return true;
  }
}

const encoder = new TextEncoder();

/** Numbers distinct byte strings from 0 in the order they come; 0 is the empty string from the start. */
export class StringInterner {
  private bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1_024);
  private used = 0;
  private readonly ends: IntVector = new IntVector(64);
  private readonly slots = new Slots();
  private readonly known = new Map<string, number>();
  /** Bytes of one text: a new array for each would be memory outside of the heap, which takes longer than the text. */
  private scratch = new Uint8Array(256);

  constructor() {
    this.internBytes(this.bytes, 0, 0);
  }

  get length(): number {
    return this.ends.length;
  }

  /** The number of a JavaScript string. Lone surrogates become U+FFFD, as they have no UTF-8. */
  intern(text: string): number {
    let index = this.known.get(text);
    if (index === undefined) {
      // A character takes at most three bytes.
      if (this.scratch.length < 3 * text.length) this.scratch = new Uint8Array(6 * text.length);
      const { written } = encoder.encodeInto(text, this.scratch);
      index = this.internBytes(this.scratch, 0, written);
      this.known.set(text, index);
    }
    return index;
  }

  /** The number of the bytes from `start` to `end`; new ones are copied. */
  internBytes(data: Uint8Array, start: number, end: number): number {
    let hash = SEED ^ (end - start);
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ data[i]!, 0x01000193);
    hash = finishHash(hash);
    const { slots } = this;
    for (let slot = slots.first(hash); ; slot = slots.next(slot)) {
      const index = slots.at(slot);
      if (index < 0) {
        this.append(data, start, end);
        return slots.add(slot, hash);
      }
      if (slots.hashAt(index) === hash && this.equals(index, data, start, end)) return index;
    }
  }

  /** All strings: their bytes side by side, and where each begins and ends. The buffer is a copy. */
  toRanges(): { data: Uint8Array; start: Int32Array; end: Int32Array } {
    const end = this.ends.toArray();
    const start = new Int32Array(end.length);
    start.set(end.subarray(0, -1), 1);
    return { data: this.bytes.slice(0, this.used), start, end };
  }

  private append(data: Uint8Array, start: number, end: number): void {
    const needed = this.used + end - start;
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, this.used));
      this.bytes = grown;
    }
    this.bytes.set(data.subarray(start, end), this.used);
    this.used = needed;
    this.ends.push(needed);
  }

  private equals(index: number, data: Uint8Array, start: number, end: number): boolean {
    const from = index === 0 ? 0 : this.ends.data[index - 1]!;
    if (this.ends.data[index]! - from !== end - start) return false;
    for (let i = 0; i < end - start; i++)
      if (this.bytes[from + i] !== data[start + i]) return false;
    return true;
  }
}

/** The hash table of both interners: linear probing, at most half full. */
class Slots {
  /** Index of the entry in each slot, -1 for a free one. */
  private table = new Int32Array(128).fill(-1);
  private readonly hashes = new IntVector(64);

  first(hash: number): number {
    return hash & (this.table.length - 1);
  }

  next(slot: number): number {
    return (slot + 1) & (this.table.length - 1);
  }

  at(slot: number): number {
    return this.table[slot]!;
  }

  hashAt(index: number): number {
    return this.hashes.data[index]!;
  }

  /** Puts the next entry into a free slot and returns its index. */
  add(slot: number, hash: number): number {
    const index = this.hashes.length;
    this.table[slot] = index;
    this.hashes.push(hash);
    if (this.hashes.length * 2 > this.table.length) this.grow();
    return index;
  }

  private grow(): void {
    this.table = new Int32Array(this.table.length * 4).fill(-1);
    for (let index = 0; index < this.hashes.length; index++) {
      let slot = this.first(this.hashAt(index));
      while (this.table[slot] !== -1) slot = this.next(slot);
      this.table[slot] = index;
    }
  }
}

function finishHash(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return mixed ^ (mixed >>> 16);
}
