import { type FrameTree, OTHER } from "./frame-tree.ts";
import type { LocationDetail } from "./stack-details.ts";

/** Where stacks are cut: at frames whose total in a tree falls below the threshold. */
export interface StackCut {
  readonly tree: FrameTree;
  /** Position of each of the tree's names. */
  readonly names: ReadonlyMap<string, number>;
  readonly threshold: number;
}

/** What to make of a stack. */
export interface StackShape {
  /** Keep only that many locations, the innermost; 0 keeps all. */
  readonly keepLocations?: number;
  /** Forget the line of the innermost location, so that all of a function's samples become one. */
  readonly aggregateCallees?: boolean;
  /** What is cut off is called `other`. */
  readonly cut?: StackCut;
}

/** The location that stands for what was cut off. */
export const OTHER_LOCATION: LocationDetail = {
  mapping: undefined,
  address: 0n,
  folded: false,
  lines: [
    {
      function: { name: OTHER, systemName: OTHER, filename: "", startLine: 0n },
      line: 0n,
      column: 0n,
    },
  ],
};

/** A stack, leaf first, in the shape asked for. */
export function shapedStack(
  places: readonly LocationDetail[],
  shape: StackShape,
): readonly LocationDetail[] {
  const keep = shape.keepLocations ?? 0;
  let stack = keep > 0 ? places.slice(0, keep) : places;
  if (shape.cut !== undefined) {
    const kept = keptLocations(stack, shape.cut);
    if (kept < stack.length) stack = [OTHER_LOCATION, ...stack.slice(stack.length - kept)];
  }
  if (shape.aggregateCallees !== true) return stack;
  const [leaf, ...callers] = stack;
  if (leaf === undefined) return stack;
  const [line, ...outer] = leaf.lines;
  if (line === undefined) return stack;
  return [{ ...leaf, lines: [{ ...line, line: 0n, column: 0n }, ...outer] }, ...callers];
}

/**
 * How many locations a cut stack keeps from the root on: those of frames at or above the threshold and of the first
 * frame below it, as in the original. 0 when no frame reaches the threshold.
 */
function keptLocations(stack: readonly LocationDetail[], cut: StackCut): number {
  const { tree, threshold } = cut;
  let node = 0;
  for (let kept = 0; kept < stack.length; kept++) {
    const { lines } = stack[stack.length - 1 - kept]!;
    for (let i = lines.length - 1; i >= 0; i--) {
      const parent = node;
      node = childNamed(cut, node, lines[i]!.function?.name ?? "");
      if (node < 0 || tree.total.approx[node]! < threshold) return parent === 0 ? 0 : kept + 1;
    }
  }
  return stack.length;
}

/** The child of a node with that name, -1 when there is none: names are numbered in the order of the children. */
function childNamed({ tree, names }: StackCut, node: number, name: string): number {
  const wanted = names.get(name) ?? -1;
  let from = tree.childStart[node]!;
  let to = tree.childStart[node + 1]!;
  const end = to;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (tree.name[middle]! < wanted) from = middle + 1;
    else to = middle;
  }
  return from < end && tree.name[from] === wanted ? from : -1;
}
