import { gunzipSync } from "node:zlib";
import { Refusal } from "./refusal.ts";
import { siBytes } from "./sizes.ts";

/**
 * The uncompressed bytes of a payload: gzip (of several members, too) is inflated, anything else given back as it is.
 * Stops inflating at the limit (0 = none) and refuses with the words of the endpoint.
 */
export function inflate(
  payload: Uint8Array,
  maxBytes: number,
  source: "push" | "ingest",
): Uint8Array {
  if (payload.length < SHORTEST_GZIP) {
    throw new Refusal(`gzip reset: ${payload.length === 0 ? "" : "unexpected "}EOF`, {
      stage: "decode",
    });
  }
  const limit = maxBytes > 0 ? maxBytes : MAX_BYTES;
  if (payload[0] !== 0x1f || payload[1] !== 0x8b) {
    if (payload.length > limit) throw tooLarge(limit, source);
    return payload;
  }
  try {
    return gunzipSync(payload, { maxOutputLength: limit, chunkSize: sizeHint(payload, limit) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limit, source);
    throw new Refusal(`copy to buffer: ${gzipFault(code, message)}`, { stage: "decode" });
  }
}

/** Length of a gzip header. */
const SHORTEST_GZIP = 10;
/** Most that a typed array of text ranges can address. */
const MAX_BYTES = 0x7fff_ffff;

/** The last four bytes of gzip say how long its last member is: with a right guess there is one piece to inflate into. */
function sizeHint(payload: Uint8Array, limit: number): number {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const length = view.getUint32(payload.length - 4, true);
  // Deflate cannot do better than 1032 to 1, so a larger number is no length.
  return Math.max(1024, Math.min(length + 1, limit, payload.length * 1032));
}

function tooLarge(limit: number, source: "push" | "ingest"): Refusal {
  const message =
    source === "push"
      ? `uncompressed profile payload size exceeds limit of ${siBytes(limit)}`
      : `decompressed size exceeds maximum allowed size of ${limit} bytes`;
  return new Refusal(message, { reason: "profile_size_limit", stage: "decode" });
}

function gzipFault(code: string | undefined, message: string): string {
  if (code === "Z_BUF_ERROR") return "unexpected EOF";
  if (/incorrect data check|incorrect length check/.test(message)) return "gzip: invalid checksum";
  if (/header/.test(message)) return "gzip: invalid header";
  return `gzip: ${message}`;
}
