import { ByteReader } from "./bytes/byte-reader.ts";
import { DecodeError } from "./bytes/decode-error.ts";
import type { DecodeLimits } from "./decode/limits.ts";
import type { DecodeOptions } from "./decode/options.ts";
import { decodeTables } from "./decode/profile-decoder.ts";
import { scanRows } from "./decode/scan.ts";
import type { Profile } from "./profile.ts";

/** Ranges of text are 32-bit columns. */
const MAX_BYTES = 0x7fff_ffff;

/**
 * Decodes an uncompressed pprof message (`perftools.profiles.Profile`).
 *
 * Reads every field of the format, in any order, packed or not, and reads past fields it does not know. What is
 * readable but wrong (an id that no row has, a string index out of range, a missing value…) is kept and counted in
 * `profile.faults`: whether to refuse it is for the caller to say. What cannot be read throws a `DecodeError`, and so
 * does an input above the limits; nothing is allocated by a number in the input before it was held against them.
 *
 * ```ts
 * const profile = decodePprof(gunzipSync(body), { ...DEFAULT_DECODE_LIMITS, maxSamples: 16_000 });
 * ```
 */
export function decodePprof(
  bytes: Uint8Array,
  limits: DecodeLimits,
  options: DecodeOptions = {},
): Profile {
  const limit = Math.min(limits.maxBytes, MAX_BYTES);
  if (bytes.byteLength > limit) {
    const actual = bytes.byteLength;
    throw new DecodeError("too_large", `${actual} bytes, the limit (maxBytes) is ${limit}`, {
      offset: 0,
      limitName: "maxBytes",
      limit,
      actual,
    });
  }
  const reader = new ByteReader(bytes);
  const counts = scanRows(reader, limits);
  options.onSampleBytes?.(counts.sampleBytes);
  reader.pos = 0;
  return decodeTables(reader, counts, limits, options);
}
