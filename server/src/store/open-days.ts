/** What a round is to take. */
export interface Round {
  /** Last ordinal of the profiles that are settled. */
  readonly upto: bigint;
  /** Days, counted from 1970, that may have profiles which no round took; undefined: any may. */
  readonly days: ReadonlySet<number> | undefined;
}

/**
 * Which days have, or may have, settled profiles that are in no round of `hours`: any, until the first round is over;
 * then those of the profiles that were committed since. Looking for such profiles in the table costs a quarter of a
 * second of CPU for a million profiles, which is why it is kept in mind.
 */
export class OpenDays {
  private settled = 0n;
  /** Undefined: any. */
  private before: Set<number> | undefined;
  private since = new Set<number>();

  /** Profiles up to an ordinal are settled: none of them will be added or taken back any more. New ones are of `days`. */
  settle(ordinal: bigint, days: readonly number[]): void {
    this.settled = ordinal;
    for (const day of days) this.since.add(day);
  }

  /** Whether a day may have profiles that are settled and in no round. */
  has(day: number): boolean {
    return this.before === undefined || this.before.has(day) || this.since.has(day);
  }

  /** Begins a round, one at a time. Its days stay open until it ends. */
  begin(): Round {
    if (this.before !== undefined) for (const day of this.since) this.before.add(day);
    this.since = new Set();
    return { upto: this.settled, days: this.before && new Set(this.before) };
  }

  /** Ends a round that has taken all but some days; undefined: it broke off, perhaps before it knew them. */
  end(left: ReadonlySet<number> | undefined): void {
    if (left !== undefined) this.before = new Set(left);
  }
}
