import { goQuote, goUnicode } from "../go-quote.ts";
import { invalidArgument } from "./query-error.ts";

/**
 * Span ids (16 hex digits, any case) as the store keeps them: decimal texts of their bytes read as little-endian.
 * The id of zeros belongs to no span and is left out. Throws `invalid_argument`.
 */
export function parseSpanIds(ids: readonly string[]): readonly string[] {
  return ids.flatMap((id) => {
    const number = hexBytes(id, 8, "span").readBigUInt64LE();
    return number === 0n ? [] : [String(number)];
  });
}

/** Trace ids as 32 lower-case hex digits, the one of zeros left out. Throws `invalid_argument`. */
export function parseTraceIds(ids: readonly string[]): readonly string[] {
  return ids.flatMap((id) => {
    const hex = hexBytes(id, 16, "trace").toString("hex");
    return /^0+$/.test(hex) ? [] : [hex];
  });
}

/**
 * Profile ids as UUIDs of 32 hex digits with dashes, in lower case. Takes the forms that Go's parser does: with and
 * without dashes, in braces, after `urn:uuid:`. Throws `invalid_argument`.
 */
export function parseProfileIds(ids: readonly string[]): readonly string[] {
  return ids.map((id) => {
    const bare = bareUuid(id);
    if (bare === undefined) throw invalidArgument(`invalid UUID length: ${Buffer.byteLength(id)}`);
    if (!/^[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}$/.test(bare)) {
      throw invalidArgument("invalid UUID format");
    }
    const hex = bare.replaceAll("-", "");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  });
}

function bareUuid(id: string): string | undefined {
  const lower = id.toLowerCase();
  switch (Buffer.byteLength(id)) {
    case 32:
    case 36:
      return lower;
    case 38:
      return lower.slice(1, 37);
    case 45:
      return lower.startsWith("urn:uuid:") ? lower.slice(9) : "";
    default:
      return undefined;
  }
}

function hexBytes(id: string, bytes: number, what: "span" | "trace"): Buffer {
  if (Buffer.byteLength(id) !== bytes * 2) {
    // Grafana sends its template text as it is where a span has no such attribute.
    const hint = id.includes("${")
      ? `: a ${what} id has ${bytes * 2} hex digits; the span has no pyroscope.profile.id attribute`
      : "";
    throw invalidArgument(`invalid ${what} id length: ${goQuote(id)}${hint}`);
  }
  const wrong = /[^0-9a-fA-F]/u.exec(id)?.[0];
  if (wrong !== undefined) {
    throw invalidArgument(`encoding/hex: invalid byte: ${goUnicode(wrong)}`);
  }
  return Buffer.from(id, "hex");
}
