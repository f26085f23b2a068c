/** Number of colors that functions are spread over; the style sheet has `--frame-0` and so on. */
export const FRAME_COLORS = 10;

/** Color of frames that are no function of the program: roots, `other`, `(garbage collection)` and the like. */
export const NEUTRAL_COLOR = -1;

/** `(anonymous...)` is a function of the program, other names in brackets are the engine's, as are a few without. */
const NO_FUNCTION =
  /^(total|other|Node\.js|Garbage Collection|Non JS threads activity|\((?!anonymous).*\)|)$/;

/** Picks a function's color by its name alone, so that it looks the same in every profile. */
export function frameColor(name: string): number {
  if (NO_FUNCTION.test(name)) return NEUTRAL_COLOR;
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0;
  // The low bits of similar names are similar: mix before taking the remainder.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 12)) >>> 0) % FRAME_COLORS;
}
