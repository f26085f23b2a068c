import { describe, expect, it } from "vitest";
import { fitText } from "./fit-text.ts";

const tenPerLetter = (text: string) => text.length * 10;

describe("fitText", () => {
  it.each([
    ["handle", 60, "handle"],
    ["handle", 59, "hand…"],
    ["handle", 30, "ha…"],
    ["handle", 29, ""],
    ["handle", 10, ""],
  ])("%s in %i pixels is %s", (text, width, expected) => {
    expect(fitText(text, width, tenPerLetter)).toBe(expected);
  });

  it("finds the most that fits when letters differ in width", () => {
    const measure = (text: string) => [...text].reduce((sum, c) => sum + (c === "i" ? 2 : 12), 0);
    const fitted = fitText("iiiiiiiiiiWWWWWWWW", 60, measure);
    expect(measure(fitted)).toBeLessThanOrEqual(60);
    expect(fitted).toBe("iiiiiiiiiiWW…");
  });
});
