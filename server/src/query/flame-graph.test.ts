import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textOfFlameGraph, textOfTree, treeFromText } from "../../test/tree-text.ts";
import { drawFlameGraph, type FlameGraphData, flameGraphData } from "./flame-graph.ts";
import { runAtOnce } from "./sliced.ts";

function draw(text: string, maxNodes = 0): FlameGraphData {
  return flameGraphData(runAtOnce(drawFlameGraph(treeFromText(text), maxNodes)));
}

function numbers(graph: FlameGraphData): number[][] {
  return graph.levels.map((level) => level.map(Number));
}

describe("flame graph", () => {
  it("encodes levels as distances from the bar before", () => {
    const graph = draw("a;b;e 1, a;c 2, a;c;d 1");
    expect(graph.names).toEqual(["total", "a", "c", "d", "b", "e"]);
    expect(numbers(graph)).toEqual([
      [0, 4, 0, 0],
      [0, 4, 0, 1],
      [0, 1, 0, 4, 0, 3, 2, 2],
      [0, 1, 1, 5, 2, 1, 1, 3],
    ]);
    expect(graph.total).toBe(4n);
    expect(graph.maxSelf).toBe(2n);
  });

  it("has a root and nothing else without data", () => {
    expect(draw("")).toEqual({
      names: ["total"],
      levels: [[0n, 0n, 0n, 0n]],
      total: 0n,
      maxSelf: 0n,
    });
  });

  it("visits names from the last child", () => {
    const graph = draw("bar;buz 2, buz 1, bar;buz;foo 1, bar;buz;blop 2, bar;blip 4");
    expect(graph.names).toEqual(["total", "buz", "bar", "foo", "blop", "blip"]);
    expect(numbers(graph)[3]).toEqual([6, 2, 2, 4, 0, 1, 1, 3]);
  });

  it("folds below the threshold and takes an own `other` in", () => {
    const graph = draw("foo;bar 1, foo;bar;baz 1, foo;qux 2, fred;zoo 1, fred;other 1", 4);
    expect(graph.names).toEqual(["total", "fred", "other", "foo", "qux", "bar"]);
    expect(textOfFlameGraph(graph)).toBe("foo;bar 1\nfoo;bar;other 1\nfoo;qux 2\nfred;other 2");
  });

  it("lets a function called `total` share the root's name and gives an empty name one of its own", () => {
    const builder = draw("total 1, x;total 2");
    expect(builder.names).toEqual(["total", "x"]);
  });

  it("gives int64 back exactly and saturates beyond", () => {
    expect(draw("a 9223372036854775807").levels[1]).toEqual([
      0n,
      9_223_372_036_854_775_807n,
      9_223_372_036_854_775_807n,
      1n,
    ]);
    expect(draw("a 9223372036854775807, b 5").total).toBe(9_223_372_036_854_775_807n);
  });

  it("decodes to the tree it was drawn from", () => {
    const name = fc.constantFrom("a", "b", "c", "d", "ä", "total");
    const line = fc
      .tuple(fc.array(name, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 1000 }))
      .map(([path, value]) => `${path.join(";")} ${value}`);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const tree = treeFromText(lines.join("\n"));
        const graph = flameGraphData(runAtOnce(drawFlameGraph(tree, 0)));
        expect(textOfFlameGraph(graph)).toBe(textOfTree(tree).split("\n").sort().join("\n"));
      }),
    );
  });
});
