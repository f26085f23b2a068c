import { profileFromText } from "@pyrospan/pprof";
import { describe, expect, it } from "vitest";
import { dropGoShapes, withoutShapes } from "./go-names.ts";

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

  it("are found by the strings when the label says nothing known", () => {
    const profile = profileFromText("main.go;F[go.shape.int] cpu=1");
    for (const spy of ["", "gospy", "constructor"]) {
      const { strings } = dropGoShapes(profile, spy);
      const texts = Array.from({ length: strings.length }, (_, i) => strings.get(i));
      expect(texts).toContain("F");
    }
  });
});
