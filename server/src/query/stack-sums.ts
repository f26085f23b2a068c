import { saturate } from "./values.ts";

/** Sums of int64 values by stack of one partition; exact, however many are added. */
export class StackSums {
  /** Place of each stack's sum plus 1. Stacks are numbers that count from 1, so this is short. */
  private place = new Int32Array(1024);
  private count = 0;
  private stacks = new Uint32Array(256);
  /** The upper and lower 32 bits of the values are added up apart. */
  private high = new Float64Array(256);
  private low = new Float64Array(256);

  /** Adds the samples of a range; of those with a span only where `wanted` has a 1 at its number. */
  add(samples: SampleColumns, from: number, to: number, wanted?: Uint8Array): void {
    const { stacks, words, spans } = samples;
    for (let i = from; i < to; i++) {
      if (wanted !== undefined && wanted[spans![i]!] !== 1) continue;
      const at = this.placeOf(stacks[i]!);
      this.high[at] = this.high[at]! + words[2 * i + 1]!;
      this.low[at] = this.low[at]! + (words[2 * i]! >>> 0);
    }
  }

  /** The sums, at most what int64 holds. */
  finish(): { readonly stacks: Uint32Array; readonly values: BigInt64Array } {
    const values = new BigInt64Array(this.count);
    for (let at = 0; at < this.count; at++) {
      values[at] = saturate(BigInt(this.high[at]!) * 4_294_967_296n + BigInt(this.low[at]!));
    }
    return { stacks: this.stacks.slice(0, this.count), values };
  }

  private placeOf(stack: number): number {
    if (stack >= this.place.length) this.place = grown(this.place, new Int32Array(stack * 2));
    const known = this.place[stack]!;
    if (known !== 0) return known - 1;
    const at = this.count++;
    this.place[stack] = this.count;
    if (at === this.stacks.length) {
      this.stacks = grown(this.stacks, new Uint32Array(at * 2));
      this.high = grown(this.high, new Float64Array(at * 2));
      this.low = grown(this.low, new Float64Array(at * 2));
    }
    this.stacks[at] = stack;
    return at;
  }
}

/** Samples of many profiles, one after the other. */
export interface SampleColumns {
  readonly stacks: Uint32Array;
  /** Two for each value: its lower and its upper half. */
  readonly words: Int32Array;
  /** Number of each sample's span in its profile, 0 for none. */
  readonly spans: Uint32Array | undefined;
}

function grown<T extends Int32Array | Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
