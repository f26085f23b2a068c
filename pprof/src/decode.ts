import type { DecodeLimits } from "./decode-limits.ts";
import type { Profile } from "./profile.ts";

export interface DecodeOptions {
  /** `"copy"` (default): the profile keeps nothing of the input. `"view"`: the strings stay in the caller's bytes. */
  readonly strings?: "copy" | "view";
}

/** Decodes an uncompressed pprof message. Throws `DecodeError`. */
export function decodePprof(
  _bytes: Uint8Array,
  _limits: DecodeLimits,
  _options: DecodeOptions = {},
): Profile {
  throw new Error("decodePprof is being written");
}
