/**
 * A growing list of 32-bit integers in one typed array. Hot loops reserve room once, then write `data` and set
 * `length` themselves.
 */
export class IntVector {
  data: Int32Array;
  length = 0;

  constructor(capacity: number = 64) {
    this.data = new Int32Array(capacity);
  }

  /** Makes room for `count` more entries. Invalidates a `data` read before. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.data.length) return;
    const grown = new Int32Array(Math.max(needed, this.data.length * 2));
    grown.set(this.data.subarray(0, this.length));
    this.data = grown;
  }

  push(value: number): void {
    if (this.length === this.data.length) this.reserve(1);
    this.data[this.length++] = value;
  }

  /** The entries as an array of exactly their number; a copy. */
  toArray(): Int32Array {
    return this.data.slice(0, this.length);
  }
}
