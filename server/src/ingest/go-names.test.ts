import { describe, expect, it } from "vitest";
import { withoutShapes } from "./go-names.ts";

describe("names of generic Go functions", () => {
  it.each([
    ["pkg.(*T[go.shape.int]).Method", "pkg.(*T).Method"],
    ["pkg.F[go.shape.map[string]int,go.shape.[]uint8].func1", "pkg.F.func1"],
    ["pkg.Func[int]", "pkg.Func[int]"],
    ["a[go.shape.int]b[go.shape.int]c", "abc"],
    ["broken[go.shape.int", "broken[go.shape.int"],
  ])("%s", (name, expected) => {
    expect(withoutShapes(name)).toBe(expected);
  });
});
