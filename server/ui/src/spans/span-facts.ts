import type { SpanSummary } from "../api/spans.ts";
import { parseProfileType } from "../profile/profile-type.ts";
import type { TimeRange } from "../state/time-range.ts";

/** Profiles carry the time their window began or ended, samples lie around it: queries reach this much further. */
export const SPAN_MARGIN_MS = 60_000;

/** One span with its totals by profile type. */
export interface SpanFacts {
  readonly spanId: string;
  readonly traceId: string;
  readonly name: string;
  readonly services: readonly string[];
  readonly range: TimeRange;
  readonly totals: ReadonlyMap<string, number>;
}

/** Puts the summaries of each span together, in the order in which the spans first appear. */
export function groupSpans(summaries: readonly SpanSummary[]): SpanFacts[] {
  const groups = Map.groupBy(summaries, (summary) => summary.spanId);
  return [...groups].map(([spanId, parts]) => {
    const totals = new Map<string, number>();
    for (const { type, total } of parts) totals.set(type, (totals.get(type) ?? 0) + total);
    return {
      spanId,
      traceId: parts.find((part) => part.traceId !== "")?.traceId ?? "",
      name: parts.find((part) => part.name !== "")?.name ?? "",
      services: [...new Set(parts.map((part) => part.service))],
      range: rangeOf(parts),
      totals,
    };
  });
}

/** Spans by their total of one profile type, largest first; those without any come last. */
export function slowestFirst(spans: readonly SpanFacts[], type: string): SpanFacts[] {
  return spans.toSorted((a, b) => (b.totals.get(type) ?? 0) - (a.totals.get(type) ?? 0));
}

/** Profile types of some spans, each once: times first, then counts and sizes. */
export function typesOf(spans: readonly SpanFacts[]): string[] {
  const types = new Set(spans.flatMap((span) => [...span.totals.keys()]));
  const isTime = (id: string) => parseProfileType(id).sampleUnit === "nanoseconds";
  return [...types].sort((a, b) => Number(isTime(b)) - Number(isTime(a)) || (a < b ? -1 : 1));
}

/** The time in which spans have samples, with {@link SPAN_MARGIN_MS} on both sides. */
export function queryRange(spans: readonly SpanFacts[]): TimeRange {
  return {
    start: Math.min(...spans.map((span) => span.range.start)) - SPAN_MARGIN_MS,
    end: Math.max(...spans.map((span) => span.range.end)) + SPAN_MARGIN_MS,
  };
}

function rangeOf(parts: readonly SpanSummary[]): TimeRange {
  return {
    start: Math.min(...parts.map((part) => part.firstTime)),
    end: Math.max(...parts.map((part) => part.lastTime)),
  };
}
