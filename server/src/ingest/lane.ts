import type { Push } from "./push.ts";
import type { WorkPace } from "./work-pace.ts";
import type { WorkerSlot } from "./worker-slot.ts";

/** A worker and the pushes it was given, from their coming until they are stored. */
export interface Lane {
  readonly slot: WorkerSlot;
  readonly pace: WorkPace;
  /** `performance.now()` when it last worked something off, or began after having had nothing to do or no thread. */
  workedAt: number;
  /** Payload bytes of `queued` and `sent`. */
  waitingBytes: number;
  /** Not sent to the worker yet. */
  queued: Push[];
  /** Sent, not worked off. */
  sent: Map<number, Push>;
  /** Worked off, with rows in the open batch. */
  open: Push[];
  openSamples: number;
  /** `performance.now()` of the first of `open`. */
  openSince: number;
}

/** Pushes that the worker is not through with. */
export function load(lane: Lane): number {
  return lane.queued.length + lane.sent.size;
}
