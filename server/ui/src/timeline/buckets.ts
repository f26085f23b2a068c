import type { Point } from "../api/querier.ts";
import type { TimeRange } from "../state/time-range.ts";

/** The bars of a time line. A bar stands for `(time - stepMs, time]`. */
export interface Buckets {
  readonly stepMs: number;
  /** End of the first bar, in milliseconds. */
  readonly firstTime: number;
  readonly count: number;
}

const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400].map(
  (seconds) => seconds * 1_000,
);
const MOST_BARS = 150;

/** Uploads come every 15 seconds: narrower bars would show gaps that are none. */
const USUAL_STEP_MS = 15_000;

/** Bars that cover a range, on whole multiples of their step so that they do not jump when the range moves on. */
export function chooseBuckets({ start, end }: TimeRange): Buckets {
  const length = Math.max(end - start, 1);
  const least = length >= 20 * USUAL_STEP_MS ? USUAL_STEP_MS : 0;
  const stepMs =
    STEPS_MS.find((step) => step >= least && length / step <= MOST_BARS) ?? STEPS_MS.at(-1)!;
  const firstTime = (Math.floor(start / stepMs) + 1) * stepMs;
  const count = Math.max(1, Math.ceil((end - firstTime) / stepMs) + 1);
  return { stepMs, firstTime, count };
}

/** The range whose answer has exactly the points of these bars. */
export function bucketRange({ firstTime, stepMs, count }: Buckets): TimeRange {
  return { start: firstTime, end: firstTime + (count - 1) * stepMs };
}

/** Values of all bars; those without a point are 0. */
export function fillBuckets(buckets: Buckets, points: readonly Point[]): Float64Array {
  const values = new Float64Array(buckets.count);
  for (const { time, value } of points) {
    const index = Math.round((time - buckets.firstTime) / buckets.stepMs);
    if (index >= 0 && index < buckets.count) values[index]! += value;
  }
  return values;
}

/** The time span that a bar stands for. */
export function barRange({ firstTime, stepMs }: Buckets, index: number): TimeRange {
  return { start: firstTime + (index - 1) * stepMs, end: firstTime + index * stepMs };
}

/** Moments for the axis: whole multiples of a round step, at most about eight. */
export function axisTicks({ start, end }: TimeRange, zoneOffsetMs: number): number[] {
  const step =
    [...STEPS_MS, 21_600_000, 43_200_000, 86_400_000].find((each) => (end - start) / each <= 8) ??
    86_400_000;
  const ticks: number[] = [];
  // Whole hours of the reader's clock, not of UTC.
  let tick = Math.ceil((start - zoneOffsetMs) / step) * step + zoneOffsetMs;
  for (; tick <= end; tick += step) ticks.push(tick);
  return ticks;
}
