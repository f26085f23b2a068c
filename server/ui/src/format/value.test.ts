import { describe, expect, it } from "vitest";
import { formatPercent, formatValue } from "./value.ts";

describe("formatValue", () => {
  it.each([
    [0, "nanoseconds", "0 ns"],
    [999, "nanoseconds", "999 ns"],
    [12_345, "nanoseconds", "12.3 µs"],
    [999_700, "nanoseconds", "1.00 ms"],
    [10_000_000, "nanoseconds", "10 ms"],
    [1_234_567_890, "nanoseconds", "1.23 s"],
    [150e9, "nanoseconds", "2.50 min"],
    [7_200e9, "nanoseconds", "2 h"],
    [1_500, "milliseconds", "1.50 s"],
    [512, "bytes", "512 B"],
    [1_536, "bytes", "1.50 KiB"],
    [5 * 2 ** 30, "bytes", "5 GiB"],
    [1_204, "count", "1,204"],
    [12_300, "objects", "12.3 k"],
    [-2_000_000, "nanoseconds", "-2 ms"],
  ])("%d %s is %s", (value, unit, expected) => {
    expect(formatValue(value, unit)).toBe(expected);
  });
});

describe("formatPercent", () => {
  it.each([
    [0, 10, "0 %"],
    [5, 0, "0 %"],
    [1, 3, "33.3 %"],
    [3, 3, "100 %"],
    [1, 400, "0.25 %"],
    [1, 1_000_000, "<0.01 %"],
  ])("%d of %d is %s", (part, whole, expected) => {
    expect(formatPercent(part, whole)).toBe(expected);
  });
});
