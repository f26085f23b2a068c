/**
 * How long a push may have to wait for a worker, as expected when it comes. A long queue gets a burst stored; where most
 * pushes are refused anyway, as many are stored by way of a short one, and sooner. So the bound falls from `maxMs` with
 * the share of pushes refused lately, to a tenth of it.
 */
export class WaitBound {
  private readonly maxMs: number;
  private arrived = 0;
  private refused = 0;
  private atMs = 0;

  constructor(maxMs: number) {
    this.maxMs = maxMs;
  }

  /** Milliseconds. */
  at(nowMs: number): number {
    this.forget(nowMs);
    const share = this.refused / Math.max(this.arrived, LEAST_PUSHES);
    return this.maxMs * Math.max(1 - share, LEAST_SHARE);
  }

  /** A push was let in or refused. */
  decided(refused: boolean, nowMs: number): void {
    this.forget(nowMs);
    this.arrived++;
    if (refused) this.refused++;
  }

  private forget(nowMs: number): void {
    const kept = Math.exp((this.atMs - nowMs) / MEMORY_MS);
    this.arrived *= kept;
    this.refused *= kept;
    this.atMs = nowMs;
  }
}

/** Time after which what was seen counts for a third. */
const MEMORY_MS = 2000;
/** Fewer pushes than that say little of the load. */
const LEAST_PUSHES = 20;
const LEAST_SHARE = 1 / 10;
