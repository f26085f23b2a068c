/** Numbers that look random and are the same for the same seed. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    // Mulberry32: one 32-bit word of state is plenty for load that must only not repeat.
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** `digits` lower-case hex digits, never all zero. */
  hex(digits: number): string {
    let text = "";
    while (text.length < digits)
      text += this.below(2 ** 24)
        .toString(16)
        .padStart(6, "0");
    const cut = text.slice(0, digits);
    return /[1-9a-f]/.test(cut) ? cut : this.hex(digits);
  }
}
