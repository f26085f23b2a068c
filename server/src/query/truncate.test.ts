import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textOfFlameGraph, textOfTree, treeFromText } from "../../test/tree-text.ts";
import { drawFlameGraph, flameGraphData } from "./flame-graph.ts";
import type { FrameTree } from "./frame-tree.ts";
import { runAtOnce } from "./sliced.ts";
import { minTotal, truncate } from "./truncate.ts";
import { valueAt } from "./values.ts";

function sorted(text: string): string {
  return text
    .split(/\s*[\n,]\s*/)
    .sort()
    .join("\n");
}

function passes(tree: FrameTree, maxNodes: number, count: number): FrameTree {
  return count === 0 ? tree : passes(runAtOnce(truncate(tree, maxNodes)), maxNodes, count - 1);
}

describe("minTotal", () => {
  const tree = treeFromText("a;b;c 2, a;b;c1 1, a;b1;c 1");
  it.each([
    [2, 3],
    [0, 0],
    [-1, 0],
    [1_000_000, 0],
  ])("max_nodes %i gives %i", (maxNodes, expected) => {
    expect(runAtOnce(minTotal(tree, maxNodes))).toBe(expected);
  });
});

describe("truncate", () => {
  const nine = treeFromText(
    "a;b;c2 1, a;b;c1 1, a;b1;c1 1, a;b1;c2 1, a1;b;c1 1, a1;b;c2 1, a1;b1;c1 1, a1;b1;c2 1, a;b;c2 1",
  );

  it("folds what is small into `other`", () => {
    expect(sorted(textOfTree(passes(nine, 3, 1)))).toBe(
      sorted("a;b;other 3, a;other 2, a1;other 4"),
    );
  });

  it("folds more in a second pass, which counts the `other` of the first", () => {
    expect(sorted(textOfTree(passes(nine, 3, 2)))).toBe(sorted("a;other 5, a1;other 4"));
  });

  it("agrees with the original in each of three passes", () => {
    const tree = treeFromText(
      "a 3, a;a;c;a;c 3, c 9, a;c;b;c;a 6, c;b;b 6, a;c;a;b 5, c;a;b 3, b;a;a;a 4, c;c;c;b 5, a;a;b 6",
    );
    expect(sorted(textOfTree(passes(tree, 5, 1)))).toBe(
      sorted(
        "a 3, a;a;b 6, a;a;other 3, a;c;b;c;a 6, a;c;other 5, c 9, c;b;b 6, c;other 8, other 4",
      ),
    );
    const two = passes(tree, 5, 2);
    expect(sorted(textOfTree(two))).toBe(
      sorted("a 3, a;a;other 9, a;c;other 11, c 9, c;other 14, other 4"),
    );
    expect(textOfFlameGraph(flameGraphData(runAtOnce(drawFlameGraph(two, 5))))).toBe(
      sorted("a 3, a;c;other 11, a;other 9, c 9, c;other 14, other 4"),
    );
  });

  it("keeps the total, whatever the tree and the number of nodes", () => {
    fc.assert(
      fc.property(trees, fc.integer({ min: 1, max: 12 }), (text, maxNodes) => {
        const tree = treeFromText(text);
        const once = passes(tree, maxNodes, 1);
        expect(valueAt(once.total, 0)).toBe(valueAt(tree.total, 0));
        const graph = flameGraphData(runAtOnce(drawFlameGraph(once, maxNodes)));
        expect(graph.total).toBe(valueAt(tree.total, 0));
        // Bars of one level never lie outside their parents: textOfFlameGraph would throw.
        const drawn = textOfFlameGraph(graph)
          .split("\n")
          .map((line) => BigInt(line.split(" ").at(-1)!));
        expect(drawn.reduce((a, b) => a + b, 0n)).toBe(graph.total);
      }),
    );
  });
});

const name = fc.constantFrom("a", "b", "c", "other", "total", "z");
const value = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant("9007199254740993"));
const line = fc
  .tuple(fc.array(name, { minLength: 1, maxLength: 6 }), value)
  .map(([path, v]) => `${path.join(";")} ${v}`);
const trees = fc.array(line, { minLength: 1, maxLength: 30 }).map((lines) => lines.join("\n"));
