import { parseSeriesName } from "./series-name.ts";
import { parseTimeExpression } from "./time-expression.ts";

/** The query parameters of `/ingest` that have an effect on pprof. */
export interface IngestParams {
  /** Labels of the series but `__name__`, which depends on the profile. */
  readonly labels: readonly (readonly [name: string, value: string])[];
  /** Time of a profile that has none. */
  readonly fromNanos: bigint;
  readonly spyName: string;
  /** As given, empty without one. */
  readonly format: string;
}

/** Body formats of `/ingest`; `multipart` is pprof in a form. */
export type IngestFormat =
  | "pprof"
  | "multipart"
  | "trie"
  | "tree"
  | "lines"
  | "jfr"
  | "speedscope"
  | "folded";

/**
 * Reads the query parameters. Unknown ones are ignored; of repeated ones the first counts.
 *
 * @throws SeriesNameError
 */
export function parseIngestParams(query: URLSearchParams, nowMs: number): IngestParams {
  const { app, labels: named } = parseSeriesName(query.get("name") ?? "");
  const spyName = query.get("spyName") || "unknown";
  const labels: [string, string][] = [
    ["__delta__", "false"],
    ["pyroscope_spy", spyName],
  ];
  // A service name in the braces wins, and the application name is lost then.
  if (!named.has("service_name")) labels.push(["service_name", app]);
  for (const [name, value] of named) {
    if (name.startsWith("__") && name !== "__session_id__") continue;
    labels.push([name, value]);
  }
  const nowNanos = BigInt(nowMs) * 1_000_000n;
  const from = query.get("from");
  const fromNanos = from === null || from === "" ? nowNanos : parseTimeExpression(from, nowNanos);
  return {
    labels,
    fromNanos: fromNanos === 0n ? nowNanos : fromNanos,
    spyName,
    format: query.get("format") ?? "",
  };
}

/**
 * The format of a body: the `format` parameter first, then the content type. A form sent with `format=pprof` is read
 * as the form it is; a pprof never begins with the dashes of a boundary.
 */
export function ingestFormat(
  format: string,
  contentType: string,
  body: Uint8Array = NOTHING,
): IngestFormat {
  if (format === "trie" || contentType === "binary/octet-stream+trie") return "trie";
  if (format === "tree" || contentType === "binary/octet-stream+tree") return "tree";
  const isForm = contentType.includes("multipart/form-data");
  switch (format) {
    case "lines":
    case "jfr":
    case "speedscope":
      return format;
    case "pprof":
      return isForm && body[0] === DASH && body[1] === DASH ? "multipart" : "pprof";
  }
  return isForm ? "multipart" : "folded";
}

const NOTHING = new Uint8Array(0);
const DASH = 0x2d;
