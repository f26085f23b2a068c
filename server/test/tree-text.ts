import type { FlameGraphData } from "../src/query/flame-graph.ts";
import { type FrameTree, FrameTreeBuilder } from "../src/query/frame-tree.ts";
import { runAtOnce } from "../src/query/sliced.ts";
import { valueAt } from "../src/query/values.ts";
import { valuesOf } from "./values-of.ts";

/**
 * Trees as text, for tests: a line for each node with a value of its own, `root;child;leaf value`. Lines may come in
 * any order, and several times.
 */
export function treeFromText(text: string): FrameTree {
  const builder = new FrameTreeBuilder();
  const self: bigint[] = [0n];
  for (const line of text.split(/[\n,]/)) {
    const match = /^\s*(.*\S)\s+(-?\d+)\s*$/.exec(line);
    if (match === null) continue;
    let node = 0;
    for (const name of match[1]!.split(";")) node = builder.child(node, builder.nameId(name));
    self[node] = (self[node] ?? 0n) + BigInt(match[2]!);
  }
  const values = Array.from({ length: builder.length }, (_, i) => self[i] ?? 0n);
  return runAtOnce(builder.finish(valuesOf(values)));
}

/** The lines of a tree in the order of its nodes, depth first. */
export function textOfTree(tree: FrameTree): string {
  const lines: string[] = [];
  const visit = (node: number, path: readonly string[]): void => {
    const own = valueAt(tree.self, node);
    if (own !== 0n) lines.push(`${path.join(";")} ${own}`);
    for (let child = tree.childStart[node]!; child < tree.childStart[node + 1]!; child++) {
      visit(child, [...path, tree.names[tree.name[child]!]!]);
    }
  };
  visit(0, []);
  return lines.join("\n");
}

/** The lines of a flame graph, sorted: bars are given to the parent that they lie under, as Grafana does. */
export function textOfFlameGraph(graph: FlameGraphData): string {
  interface Bar {
    readonly start: bigint;
    readonly end: bigint;
    readonly path: readonly string[];
  }
  let parents: Bar[] = [];
  const lines: string[] = [];
  graph.levels.forEach((values, depth) => {
    const bars: Bar[] = [];
    let at = 0n;
    for (let i = 0; i < values.length; i += 4) {
      const start = at + values[i]!;
      const end = start + values[i + 1]!;
      at = end;
      const parent = parents.find((bar) => bar.start <= start && end <= bar.end);
      if (depth > 0 && parent === undefined)
        throw new Error(`a bar of level ${depth} has no parent`);
      const path = depth === 0 ? [] : [...parent!.path, graph.names[Number(values[i + 3])]!];
      if (values[i + 2] !== 0n) lines.push(`${path.join(";")} ${values[i + 2]}`);
      bars.push({ start, end, path });
    }
    parents = bars;
  });
  return lines.sort().join("\n");
}
