import type { Span } from "@opentelemetry/api";
import type { SpanRecord } from "@pyrospan/sdk-node/span-link";

/** Records are kept on the spans, under a name that several copies of this package share. */
const RECORD = Symbol.for("pyrospan.span-record.1");

interface Recorded {
  [RECORD]?: SpanRecord;
}

/** The record of a span: its own, or that of its local root where samples carry the root's id. */
export function recordOn(span: Span): SpanRecord | undefined {
  return (span as Recorded)[RECORD];
}

/** Puts a record on a span, for as long as the span lives. */
export function putRecord(span: Span, record: SpanRecord): void {
  (span as Recorded)[RECORD] = record;
}

/** The name a span has now: the SDK's spans have one, those of the API alone do not. */
export function nameOf(span: object): string {
  const { name } = span as { readonly name?: unknown };
  return typeof name === "string" ? name : "";
}
