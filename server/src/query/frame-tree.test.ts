import { describe, expect, it } from "vitest";
import { textOfTree, treeFromText } from "../../test/tree-text.ts";
import { valueAt } from "./values.ts";

describe("frame tree", () => {
  it("keeps children together and ascending, with totals", () => {
    const tree = treeFromText("bar;buz 2, buz 1, bar;buz;foo 1, bar;buz;blop 2, bar;blip 4");
    expect(textOfTree(tree)).toBe("bar;blip 4\nbar;buz 2\nbar;buz;blop 2\nbar;buz;foo 1\nbuz 1");
    expect(valueAt(tree.total, 0)).toBe(10n);
    expect(valueAt(tree.total, 1)).toBe(9n);
    expect(tree.names[tree.name[1]!]).toBe("bar");
  });

  it("numbers parents before children and lays siblings side by side", () => {
    const tree = treeFromText("a;b;e 1, a;c 2, a;c;d 1");
    expect([...tree.name].map((name) => tree.names[name] ?? "-")).toEqual([
      "-",
      "a",
      "b",
      "c",
      "e",
      "d",
    ]);
    expect([...tree.childStart]).toEqual([1, 2, 4, 5, 6, 6, 6]);
  });

  it("adds up sums beyond 2^53 exactly", () => {
    const tree = treeFromText("a;b 9007199254740993, a;c 9007199254740993");
    expect(valueAt(tree.total, 0)).toBe(18_014_398_509_481_986n);
  });
});
