import { describe, expect, it } from "vitest";
import { WorkPace } from "./work-pace.ts";

/** A pace after ten seconds of equal pushes. */
function paceOf(bytes: number, ms: number): WorkPace {
  const pace = new WorkPace();
  for (let spent = 0; spent < 10_000; spent += ms) pace.worked(bytes, ms);
  return pace;
}

describe("WorkPace", () => {
  it("expects of the next pushes what the last ones took", () => {
    expect(paceOf(100_000, 8).msFor(50, 5_000_000) / 400).toBeCloseTo(1, 1);
    expect(paceOf(1000, 1).msFor(50, 50_000) / 50).toBeCloseTo(1, 1);
  });

  it("goes by whichever expects less after a change of sizes", () => {
    expect(paceOf(1000, 1).msFor(10, 1_000_000) / 10).toBeCloseTo(1, 1);
    expect(paceOf(100_000, 8).msFor(100, 100_000) / 8).toBeCloseTo(1, 1);
  });

  it("follows when the same work takes longer", () => {
    const pace = paceOf(100_000, 4);
    for (let spent = 0; spent < 6000; spent += 12) pace.worked(100_000, 12);
    expect(pace.msFor(100, 10_000_000)).toBeGreaterThan(1050);
  });

  it("does not take the first pushes, which are slow, for the rule", () => {
    const pace = new WorkPace();
    for (let n = 0; n < 10; n++) pace.worked(100_000, 60);
    expect(pace.msFor(200, 20_000_000)).toBeLessThan(3000);
  });
});
