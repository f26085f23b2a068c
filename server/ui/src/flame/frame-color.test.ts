import { expect, it } from "vitest";
import { FRAME_COLORS, frameColor, NEUTRAL_COLOR } from "./frame-color.ts";

it("gives every function a color and spreads similar names over all of them", () => {
  const used = new Set(Array.from({ length: 200 }, (_, i) => frameColor(`handler${i}`)));
  expect([...used].sort((a, b) => a - b)).toEqual(
    Array.from({ length: FRAME_COLORS }, (_, i) => i),
  );
});

it("keeps what is no function of the program gray", () => {
  for (const name of [
    "total",
    "other",
    "",
    "(garbage collection)",
    "(idle)",
    "Garbage Collection",
  ]) {
    expect(frameColor(name)).toBe(NEUTRAL_COLOR);
  }
  expect(frameColor("(anonymous:L#3:C#9)")).not.toBe(NEUTRAL_COLOR);
});
