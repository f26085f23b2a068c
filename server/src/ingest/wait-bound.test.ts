import { describe, expect, it } from "vitest";
import { WaitBound } from "./wait-bound.ts";

/** A bound of 1500 ms after ten seconds in which of ten pushes so many were refused. */
function boundAfter(refusedOfTen: number): WaitBound {
  const bound = new WaitBound(1500);
  for (let ms = 0; ms < 10_000; ms++) bound.decided(ms % 10 < refusedOfTen, ms);
  return bound;
}

describe("WaitBound", () => {
  it("is the longest wait while nothing is refused", () => {
    expect(new WaitBound(1500).at(0)).toBe(1500);
    expect(boundAfter(0).at(10_000)).toBe(1500);
  });

  it("falls with the share of what is refused, to a tenth", () => {
    expect(boundAfter(3).at(10_000) / 1500).toBeCloseTo(0.7, 1);
    expect(boundAfter(6).at(10_000) / 1500).toBeCloseTo(0.4, 1);
    expect(boundAfter(9).at(10_000)).toBeCloseTo(150, -1);
    expect(boundAfter(10).at(10_000)).toBeCloseTo(150, -1);
  });

  it("does not fall for a few pushes", () => {
    const bound = new WaitBound(1500);
    bound.decided(true, 0);
    bound.decided(true, 1);
    expect(bound.at(1)).toBeGreaterThan(1300);
  });

  it("rises again when less is refused, and when nothing comes", () => {
    const bound = boundAfter(10);
    for (let ms = 10_000; ms < 20_000; ms++) bound.decided(false, ms);
    expect(bound.at(20_000)).toBeGreaterThan(1450);
    expect(boundAfter(10).at(30_000)).toBeGreaterThan(1450);
  });
});
