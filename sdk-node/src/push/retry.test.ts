import { describe, expect, it } from "vitest";
import { isRetryable, retryDelayMs } from "./retry.ts";

const policy = { maxAgeMs: 240_000, firstDelayMs: 1_000, longestDelayMs: 30_000 };

describe("retryDelayMs", () => {
  it("doubles, with half of it left to chance, up to the longest", () => {
    const delays = (random: number): number[] =>
      [1, 2, 3, 10].map((failures) => retryDelayMs(failures, undefined, policy, () => random));
    expect(delays(0)).toEqual([500, 1_000, 2_000, 15_000]);
    expect(delays(1)).toEqual([1_000, 2_000, 4_000, 30_000]);
  });

  it("does as the server asks, in seconds or with a date, within bounds", () => {
    expect(retryDelayMs(1, "7", policy, () => 0)).toBe(7_000);
    expect(retryDelayMs(1, "7", policy, () => 1)).toBe(8_000);
    expect(retryDelayMs(1, "90", policy, () => 0)).toBe(90_000);
    expect(retryDelayMs(1, "3600", policy, () => 0)).toBe(240_000);
    expect(retryDelayMs(1, "3600", policy, () => 1)).toBe(241_000);
    const date = new Date(Date.now() + 10_000).toUTCString();
    expect(retryDelayMs(1, date, policy, () => 0)).toBeGreaterThan(5_000);
    expect(retryDelayMs(1, "soon", policy, () => 0)).toBe(500);
  });
});

describe("isRetryable", () => {
  it("is so where the same bytes may be welcome later", () => {
    expect([408, 429, 500, 502, 503, 504].every(isRetryable)).toBe(true);
    expect([400, 401, 403, 404, 413, 422].some(isRetryable)).toBe(false);
  });
});
