/**
 * A map from two 32-bit integers to one: open addressing in a single typed array, about 24 to 48 bytes an entry.
 * Keys must be spread evenly in their first half, or `spread` be true. Values are above 0.
 */
export class PairMap {
  size = 0;
  private slots = new Int32Array(MIN_SLOTS * 3);
  private mask = MIN_SLOTS - 1;
  private readonly spread: boolean;

  constructor(options: { readonly spread: boolean }) {
    this.spread = options.spread;
  }

  get memoryBytes(): number {
    return this.slots.byteLength;
  }

  /** The value, 0 when there is none. */
  get(first: number, second: number): number {
    const { slots, mask } = this;
    for (let slot = this.home(first, second); ; slot = (slot + 1) & mask) {
      const value = slots[slot * 3 + 2]!;
      if (value === 0) return 0;
      if (slots[slot * 3] === first && slots[slot * 3 + 1] === second) return value;
    }
  }

  /** Adds a pair that is not there yet. */
  add(first: number, second: number, value: number): void {
    if (this.size * 2 > this.mask) this.grow();
    this.place(first, second, value);
    this.size++;
  }

  private home(first: number, second: number): number {
    if (!this.spread) return first & this.mask;
    let hash = Math.imul(first, 0x9e3779b1 | 0) ^ Math.imul(second, 0x85ebca77 | 0);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) & this.mask;
  }

  private place(first: number, second: number, value: number): void {
    const { slots, mask } = this;
    let slot = this.home(first, second);
    while (slots[slot * 3 + 2] !== 0) slot = (slot + 1) & mask;
    slots[slot * 3] = first;
    slots[slot * 3 + 1] = second;
    slots[slot * 3 + 2] = value;
  }

  private grow(): void {
    const old = this.slots;
    const count = (this.mask + 1) * 2;
    this.slots = new Int32Array(count * 3);
    this.mask = count - 1;
    for (let i = 0; i < old.length; i += 3) {
      if (old[i + 2] !== 0) this.place(old[i]!, old[i + 1]!, old[i + 2]!);
    }
  }
}

const MIN_SLOTS = 64;
