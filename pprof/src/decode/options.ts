import type { ColumnMemory } from "../bytes/columns.ts";

/** Choices of `decodePprof` that are no limits. */
export interface DecodeOptions {
  /**
   * `"copy"` (default): the profile keeps nothing of the input; the text is copied at once, as one piece.
   * `"view"`: the text stays where it is, so the profile keeps the whole input alive and the caller must not change
   * it. Right when both live equally short.
   */
  readonly strings?: "copy" | "view";
  /**
   * Memory for the columns, used again by the next decode that is given it, which overwrites this profile. Without it
   * each profile has its own.
   */
  readonly memory?: ColumnMemory;
  /** Told of how many bytes of the input the samples take, before they are read. The rest are mostly symbols. */
  readonly onSampleBytes?: (bytes: number) => void;
}
