import { performance } from "node:perf_hooks";

/**
 * When refusals are answered: not before they should be, and one after the other. A client that waits for its answer
 * comes again after it, so thousands of clients come evenly, and no more of them than leave this thread time for those
 * that are let in. Else they come together, in turns of the event loop of up to 0.8 s, and what was let in waits for
 * several turns: 3.7 s (p99) with 3,000 writers on two cores.
 */
export class RefusalPace {
  private readonly busyShare: () => number;
  private nextAt = 0;
  private pauseMs = 0.5;
  private adaptedAt = 0;

  /** `busyShare` says for what share of the time since its last call this thread was not idle. */
  constructor(busyShare: () => number = eventLoopShare()) {
    this.busyShare = busyShare;
  }

  /** Milliseconds from `nowMs` for which to hold the next answer back, `leastMs` or more. */
  holdMs(nowMs: number, leastMs: number): number {
    if (nowMs - this.adaptedAt >= ADAPT_MS) this.adapt(nowMs);
    const at = Math.max(nowMs + leastMs, this.nextAt);
    this.nextAt = Math.min(at + this.pauseMs, nowMs + LONGEST_MS);
    return at - nowMs;
  }

  private adapt(nowMs: number): void {
    const factor = this.busyShare() > MOST_BUSY ? STEP : 1 / STEP;
    this.pauseMs = Math.min(Math.max(this.pauseMs * factor, LEAST_PAUSE_MS), MOST_PAUSE_MS);
    this.adaptedAt = nowMs;
  }
}

function eventLoopShare(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}

/** Share of this thread's time above which refusals come more slowly. */
const MOST_BUSY = 0.5;
const ADAPT_MS = 100;
const STEP = 1.1;
/** Between two answers. */
const LEAST_PAUSE_MS = 0.25;
const MOST_PAUSE_MS = 4;
/** Agents give a push up after ten seconds or more. */
const LONGEST_MS = 5000;
