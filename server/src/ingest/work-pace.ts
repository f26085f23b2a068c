/** How fast a worker got on lately, to tell how long a push will wait for its turn. */
export class WorkPace {
  private bytes: number = PRIOR_BYTES_PER_MS * MEMORY_MS;
  private pushes: number = PRIOR_PUSHES_PER_MS * MEMORY_MS;
  private busyMs: number = MEMORY_MS;

  /** One push was worked off, `ms` after the one before it or, when there was none waiting, after it came. */
  worked(bytes: number, ms: number): void {
    const kept = Math.exp(-ms / MEMORY_MS);
    this.bytes = this.bytes * kept + bytes;
    this.pushes = this.pushes * kept + 1;
    this.busyMs = this.busyMs * kept + ms;
  }

  /**
   * Milliseconds that so many pushes take. Work goes with the bytes and with the number, and which counts more depends
   * on what is sent: the smaller of both estimates, so that a change from small to large profiles or back refuses
   * nobody for the past.
   */
  msFor(pushes: number, bytes: number): number {
    return Math.min((pushes * this.busyMs) / this.pushes, (bytes * this.busyMs) / this.bytes);
  }
}

/** Busy time after which what was seen counts for a third. */
const MEMORY_MS = 1000;
/** Assumed at the start, when the code is not compiled yet and runs many times slower than a second later. */
const PRIOR_BYTES_PER_MS = 16_000;
const PRIOR_PUSHES_PER_MS = 0.5;
