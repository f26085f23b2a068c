import { IntVector } from "../bytes/int-vector.ts";

/** Lists that grew larger than this (in entries) are not kept for the next decode. */
const KEPT = 262_144;

/**
 * Lists whose length no cheap scan tells. They are reused from one decode to the next, which runs to its end before
 * another begins.
 */
export const scratch: Record<"stacks" | "labels" | "lines", IntVector> = {
  /** Location tokens of all stacks. */
  stacks: new IntVector(),
  /** Labels of all samples, several words each. */
  labels: new IntVector(),
  /** Lines of all locations, several words each. */
  lines: new IntVector(),
};

/** Empties all lists, whatever an aborted decode left in them. */
export function clearScratch(): void {
  for (const vector of [scratch.stacks, scratch.labels, scratch.lines]) {
    vector.length = 0;
    if (vector.data.length > KEPT) vector.data = new Int32Array(64);
  }
}
