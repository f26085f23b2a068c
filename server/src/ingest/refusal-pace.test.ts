import { describe, expect, it } from "vitest";
import { RefusalPace } from "./refusal-pace.ts";

/** Pause between two answers, after refusals for some seconds in which the thread was busy for a share of the time. */
function pauseAfter(share: number, seconds = 1): number {
  const pace = new RefusalPace(() => share);
  const end = 10_000 + seconds * 1000;
  for (let now = 10_000; now < end; now += 10) pace.holdMs(now, 0);
  const later = end + 90_000;
  const first = pace.holdMs(later, 100);
  return pace.holdMs(later, 100) - first;
}

describe("RefusalPace", () => {
  it("holds the first as long as it should, those after it each a little longer", () => {
    const pace = new RefusalPace(() => 0.5);
    const holds = Array.from({ length: 4 }, () => pace.holdMs(10_000, 100));
    const pause = holds[1]! - 100;
    expect(pause).toBeGreaterThan(0.25);
    expect(pause).toBeLessThan(0.5);
    expect(holds[0]).toBe(100);
    expect(holds[3]).toBeCloseTo(100 + 3 * pause);
    expect(pace.holdMs(10_050, 100)).toBe(100);
  });

  it("answers more slowly while the thread is busy, within bounds", () => {
    expect(pauseAfter(0.9)).toBeGreaterThan(1);
    expect(pauseAfter(0.9, 60)).toBeCloseTo(4);
    expect(pauseAfter(0.2, 60)).toBeCloseTo(0.25);
  });

  it("holds none for longer than five seconds, however many there are", () => {
    const pace = new RefusalPace(() => 0.9);
    const holds = Array.from({ length: 20_000 }, () => pace.holdMs(10_000, 100));
    expect(Math.max(...holds)).toBe(5000);
    expect(pace.holdMs(15_100, 0)).toBe(0);
  });
});
