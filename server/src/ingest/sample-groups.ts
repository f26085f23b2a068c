import type { Profile } from "@pyrospan/pprof";
import type { Label } from "./labels.ts";

/**
 * Numbers the distinct sets of text labels of a profile's samples. Span and trace ids stand apart, numeric and empty
 * labels do not count.
 */
export class SampleGroups {
  /** The label sets by number. */
  readonly labels: (readonly Label[])[] = [];
  /** String index of the last sample's span id, 0 = none. */
  span = 0;
  /** String index of the last sample's trace id, 0 = none. */
  trace = 0;
  private readonly profile: Profile;
  /** What each string means as a label name, 0 = not looked at yet. */
  private readonly meanings: Uint8Array;
  private readonly byPair = new Map<number, number>();
  private readonly byPairs = new Map<string, number>();
  private withoutLabels = -1;

  constructor(profile: Profile) {
    this.profile = profile;
    this.meanings = new Uint8Array(profile.strings.length);
  }

  /** Number of a sample's label set; sets `span` and `trace`. */
  groupOf(sample: number): number {
    const { labels, samples, strings } = this.profile;
    this.span = 0;
    this.trace = 0;
    let count = 0;
    const end = samples.labelStart[sample + 1]!;
    for (let i = samples.labelStart[sample]!; i < end; i++) {
      const value = labels.str[i]!;
      if (value === 0 || strings.start[value] === strings.end[value]) continue;
      const key = labels.key[i]!;
      const meaning = this.meanings[key]! || this.meaningOf(key);
      if (meaning === SPAN) this.span = value;
      else if (meaning === TRACE) this.trace = value;
      else {
        pairs[count++] = key;
        pairs[count++] = value;
      }
    }
    if (count === 0) return this.withoutLabels >= 0 ? this.withoutLabels : this.addWithoutLabels();
    return count === 2 ? this.onePair(pairs[0]!, pairs[1]!) : this.manyPairs(pairs.slice(0, count));
  }

  private meaningOf(key: number): number {
    const name = this.profile.strings.get(key);
    const meaning =
      name === "span_id" || name === "profile_id" ? SPAN : name === "trace_id" ? TRACE : ORDINARY;
    this.meanings[key] = meaning;
    return meaning;
  }

  private addWithoutLabels(): number {
    this.withoutLabels = this.labels.length;
    this.labels.push([]);
    return this.withoutLabels;
  }

  private onePair(key: number, value: number): number {
    const pair = key * this.profile.strings.length + value;
    let group = this.byPair.get(pair);
    if (group === undefined) {
      group = this.labels.length;
      this.byPair.set(pair, group);
      this.labels.push(this.read([key, value]));
    }
    return group;
  }

  private manyPairs(list: number[]): number {
    const text = list.join();
    let group = this.byPairs.get(text);
    if (group === undefined) {
      group = this.labels.length;
      this.byPairs.set(text, group);
      this.labels.push(this.read(list));
    }
    return group;
  }

  private read(list: readonly number[]): Label[] {
    const { strings } = this.profile;
    const labels: Label[] = [];
    for (let i = 0; i < list.length; i += 2) {
      labels.push([strings.get(list[i]!), strings.get(list[i + 1]!)]);
    }
    return labels;
  }
}

const ORDINARY = 1;
const SPAN = 2;
const TRACE = 3;
/** Scratch: keys and values of one sample. */
const pairs: number[] = [];
