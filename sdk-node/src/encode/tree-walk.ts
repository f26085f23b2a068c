import type { Steps } from "@pyrospan/pprof";

/** A node of either engine's tree. */
interface Node<T> {
  readonly children: readonly T[];
}

/** Small enough that a step stays well below a millisecond even where every node is new and 100 frames deep. */
const NODES_PER_STEP = 32;

/**
 * Walks a tree depth first, in steps, and calls `visit` for every node that `hasSamples` with the locations of its
 * stack, leaf first, in a list that is used again for the next. Without recursion, because stacks are as deep as the application makes
 * them, and without an object for each node, because it runs in the application's heap.
 */
export function* walkTree<T extends Node<T>>(
  roots: readonly T[],
  locationOf: (node: T) => number,
  hasSamples: (node: T) => boolean,
  visit: (node: T, stack: readonly number[]) => void,
): Steps<void> {
  const nodes = [...roots];
  const depths = nodes.map(() => 0);
  const path: number[] = [];
  const stack: number[] = [];
  let visited = 0;
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    const depth = depths.pop()!;
    path[depth] = locationOf(node);
    if (hasSamples(node)) {
      stack.length = 0;
      for (let i = depth; i >= 0; i--) stack.push(path[i]!);
      visit(node, stack);
    }
    for (const child of node.children) {
      nodes.push(child);
      depths.push(depth + 1);
    }
    if (++visited % NODES_PER_STEP === 0) yield;
  }
}
