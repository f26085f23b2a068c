/**
 * Sums of int64 values that are not negative, in two 32-bit halves so that no bigint is made per value.
 * A sum beyond int64 stays at the largest value.
 */
export class Int64Sum {
  low = 0;
  high = 0;

  reset(): void {
    this.low = 0;
    this.high = 0;
  }

  /** Adds a value given by its halves. */
  add(low: number, high: number): void {
    const sum = (this.low >>> 0) + (low >>> 0);
    const top = this.high + high + (sum > 0xffff_ffff ? 1 : 0);
    if (top > 0x7fff_ffff) {
      this.low = -1;
      this.high = 0x7fff_ffff;
      return;
    }
    this.low = sum | 0;
    this.high = top;
  }
}
