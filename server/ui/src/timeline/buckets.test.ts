import { describe, expect, it } from "vitest";
import { axisTicks, barRange, bucketRange, chooseBuckets, fillBuckets } from "./buckets.ts";

const HOUR = 3_600_000;
const start = 1_795_484_554_407;

describe("chooseBuckets", () => {
  it.each([
    [15 * 60_000, 15_000],
    [HOUR, 30_000],
    [6 * HOUR, 300_000],
    [24 * HOUR, 600_000],
    [60_000, 1_000],
  ])("a range of %i ms has steps of %i ms", (length, stepMs) => {
    expect(chooseBuckets({ start, end: start + length }).stepMs).toBe(stepMs);
  });

  it("covers the range with bars on whole steps", () => {
    const range = { start, end: start + HOUR };
    const buckets = chooseBuckets(range);
    expect(buckets.firstTime % buckets.stepMs).toBe(0);
    expect(barRange(buckets, 0).start).toBeLessThanOrEqual(range.start);
    expect(barRange(buckets, 0).end).toBeGreaterThan(range.start);
    const last = barRange(buckets, buckets.count - 1);
    expect(last.start).toBeLessThan(range.end);
    expect(last.end).toBeGreaterThanOrEqual(range.end);
    expect(bucketRange(buckets)).toEqual({ start: buckets.firstTime, end: last.end });
  });

  it("has one bar for a moment", () => {
    expect(chooseBuckets({ start, end: start }).count).toBe(1);
  });
});

it("puts points into their bars and leaves the others empty", () => {
  const buckets = { stepMs: 15_000, firstTime: 30_000, count: 4 };
  const points = [
    { time: 30_000, value: 1 },
    { time: 60_000, value: 2.5 },
    { time: 15_000, value: 9 },
    { time: 90_000, value: 9 },
  ];
  expect([...fillBuckets(buckets, points)]).toEqual([1, 0, 2.5, 0]);
});

it("writes the axis at whole hours of the reader's clock", () => {
  const zone = -5.5 * HOUR;
  const ticks = axisTicks({ start: 0, end: 24 * HOUR }, zone);
  expect(ticks.length).toBeLessThanOrEqual(9);
  for (const tick of ticks) expect((tick - zone) % HOUR).toBe(0);
});
