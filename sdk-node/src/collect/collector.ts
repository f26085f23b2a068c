import type { EncodedProfile } from "../encode/encoded-profile.ts";

/** Collects one kind of samples in this isolate. Nothing here is thrown into the application: callers catch. */
export interface Collector {
  /** Starts sampling. @throws when that is not possible; then nothing is left running */
  start(): void;
  /** Moves what has been sampled so far out of the engine into the window. Short; the work happens later, in slices. */
  collect(): void;
  /**
   * Ends the window and opens the next; the profiles of the one that ended. The `last` window ends sampling too:
   * call `stop` then.
   */
  endWindow(last?: boolean): Promise<readonly EncodedProfile[]>;
  stop(): void;
}
