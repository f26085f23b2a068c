import { goDuration, promDuration } from "./go-duration.ts";
import { invalidArgument } from "./query-error.ts";

/** A range of milliseconds since 1970, both ends inclusive. */
export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
}

/** The limits that ranges are held against; 0 turns one off. */
export interface TimeRangeLimits {
  readonly maxQueryLookbackMs: number;
  readonly maxQueryLengthMs: number;
}

/**
 * The range a query may look at, or undefined when it lies wholly before the lookback (which is an empty success).
 * Throws `invalid_argument` for a missing, reversed or too long range.
 */
export function queryRange(
  start: bigint,
  end: bigint,
  limits: TimeRangeLimits,
  nowMs: number,
): TimeRange | undefined {
  if (start === 0n || end === 0n) throw invalidArgument("missing time range in the query");
  if (start > end) throw invalidArgument("query start time is after end time");
  let startMs = clampMs(start);
  const endMs = clampMs(end);
  if (limits.maxQueryLookbackMs > 0) {
    const oldestMs = nowMs - limits.maxQueryLookbackMs;
    if (endMs < oldestMs) return undefined;
    startMs = Math.max(startMs, oldestMs);
  }
  if (limits.maxQueryLengthMs > 0 && endMs - startMs > limits.maxQueryLengthMs) {
    throw invalidArgument(
      `the query time range exceeds the limit (max_query_length, actual: ${goDuration(endMs - startMs)}, limit: ${promDuration(limits.maxQueryLengthMs)})`,
    );
  }
  return { startMs, endMs };
}

// Milliseconds whose nanoseconds still fit int64; nothing is stored outside.
const MAX_MS = 9_223_372_036_854;

function clampMs(ms: bigint): number {
  return Math.max(-MAX_MS, Math.min(MAX_MS, Number(ms)));
}
