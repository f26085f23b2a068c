import type { Profile } from "./profile.ts";

/** Encodes a profile as an uncompressed pprof message. */
export function encodePprof(_profile: Profile): Uint8Array<ArrayBuffer> {
  throw new Error("encodePprof is being written");
}

/** The same in slices: yields every few thousand rows, returns the bytes. */
// biome-ignore lint/correctness/useYield: being written
export function* encodePprofSteps(_profile: Profile): Generator<void, Uint8Array<ArrayBuffer>> {
  throw new Error("encodePprofSteps is being written");
}
