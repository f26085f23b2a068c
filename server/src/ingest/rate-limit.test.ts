import { describe, expect, it } from "vitest";
import { createRateBucket, RateBuckets, takeBytes } from "./rate-limit.ts";

describe("the rate limit", () => {
  it("lets a burst pass, then so many bytes a second", () => {
    const bucket = createRateBucket();
    const take = (bytes: number, nowMs: number): number | undefined => {
      try {
        takeBytes(bucket, bytes, 1000, 2000, nowMs);
        return undefined;
      } catch (error) {
        return (error as { retryAfterSeconds: number }).retryAfterSeconds;
      }
    };
    expect(take(2000, 0)).toBeUndefined();
    expect(take(1000, 0)).toBe(1);
    expect(take(1000, 999)).toBe(1);
    expect(take(1000, 1000)).toBeUndefined();
    expect(take(2001, 100_000)).toBe(1);
    expect(take(2000, 100_000)).toBeUndefined();
  });
});

it("forgets tenants whose buckets have long been full, never one that still owes", () => {
  const buckets = new RateBuckets();
  const start = 1_700_000_000_000;
  const owing = buckets.of("owing", start);
  // 1 byte/s: full again after 1000 s.
  takeBytes(owing, 1000, 1, 1000, start);
  for (let n = 0; n < 100_000; n++) {
    const now = start + n;
    takeBytes(buckets.of(`tenant ${n}`, now), 10, 1000, 1000, now);
  }
  expect(buckets.of("owing", start + 100_000)).toBe(owing);
  expect(buckets.of("tenant 99999", start + 100_000)).toBe(
    buckets.of("tenant 99999", start + 100_001),
  );
  // Tenants of the last minute, and at most as many idle ones again.
  expect(buckets.size).toBeLessThan(2 * 60_000 + 1000);
  for (let n = 0; n < 10; n++) buckets.of(`late ${n}`, start + 10_000_000);
  for (let n = 0; n < 120_000; n++) buckets.of(`later ${n}`, start + 10_000_000);
  expect(buckets.of("owing", start + 10_000_000)).not.toBe(owing);
});
