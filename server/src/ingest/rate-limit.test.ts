import { describe, expect, it } from "vitest";
import { createRateBucket, takeBytes } from "./rate-limit.ts";

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
