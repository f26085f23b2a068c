import { describe, expect, it } from "vitest";
import { RefusalPace } from "./refusal-pace.ts";

describe("RefusalPace", () => {
  it("holds the first as long as it should, those after it half a millisecond apart", () => {
    const pace = new RefusalPace();
    const holds = Array.from({ length: 4 }, () => pace.holdMs(10_000, 100));
    expect(holds).toEqual([100, 100.5, 101, 101.5]);
    expect(pace.holdMs(10_050, 100)).toBe(100);
  });

  it("holds none for longer than three seconds, however many there are", () => {
    const pace = new RefusalPace();
    const holds = Array.from({ length: 10_000 }, () => pace.holdMs(10_000, 100));
    expect(Math.max(...holds)).toBe(3000);
    expect(holds.filter((ms) => ms < 3000)).toHaveLength(5800);
    expect(pace.holdMs(13_100, 0)).toBe(0);
  });
});
