import { type FrameTree, totalsOf } from "./frame-tree.ts";
import { STEP_ITEMS, type Steps } from "./sliced.ts";
import { addValue, type Values, zeroValues } from "./values.ts";

/**
 * The total below which nodes are folded so that about `maxNodes` remain; 0 when all may stay (also for `maxNodes`
 * below 1). Ties keep more.
 *
 * The threshold is the smallest of the totals met by walking from the roots, last child first, keeping the `maxNodes`
 * largest, and going below a node only if it was kept when it was met. That order is part of the result.
 */
export function* minTotal(tree: FrameTree, maxNodes: number): Steps<number> {
  if (maxNodes < 1 || tree.length - 1 <= maxNodes) return 0;
  const heap = new MinHeap(maxNodes);
  const total = tree.total.approx;
  const pending = new Int32Array(tree.length);
  let depth = pushChildren(tree, 0, pending, 0);
  for (let steps = 1; depth > 0; steps++) {
    const node = pending[--depth]!;
    if (heap.offer(total[node]!)) depth = pushChildren(tree, node, pending, depth);
    if (steps % STEP_ITEMS === 0) yield;
  }
  return heap.length < maxNodes ? 0 : heap.smallest;
}

/**
 * The total of the node that is `maxNodes`th when all are ordered by their totals; 0 when there are no more than that.
 * Used to cut the stacks of a merged profile.
 */
export function* rankedTotal(tree: FrameTree, maxNodes: number): Steps<number> {
  if (maxNodes < 1 || tree.length <= maxNodes) return 0;
  const heap = new MinHeap(maxNodes);
  for (let node = 1; node < tree.length; node++) {
    heap.offer(tree.total.approx[node]!);
    if (node % STEP_ITEMS === 0) yield;
  }
  return heap.length < maxNodes ? 0 : heap.smallest;
}

/**
 * A pass of truncation as a tree is encoded: children below the threshold become, added up, one child `other` without
 * children. A child that is called so already stays and takes the rest on.
 */
export function* truncate(tree: FrameTree, maxNodes: number): Steps<FrameTree> {
  const threshold = yield* minTotal(tree, maxNodes);
  if (threshold === 0) return tree;
  const exact = tree.self.words !== undefined;
  // At most one node more for each node with children.
  const room = tree.length * 2;
  const name = new Int32Array(room);
  const source = new Int32Array(room);
  const self = zeroValues(room, exact);
  const childStart = new Int32Array(room + 1);
  name[0] = -1;
  let filled = 1;
  for (let at = 0; at < filled; at++) {
    childStart[at] = filled;
    const from = source[at]!;
    if (from >= 0) {
      filled = keepChildren(tree, from, threshold, { name, source, self }, filled);
    }
    if (at % STEP_ITEMS === 0) yield;
  }
  childStart[filled] = filled;
  const length = filled;
  const starts = childStart.slice(0, length + 1);
  const kept = cut(self, length);
  const total = yield* totalsOf(starts, kept);
  return { ...tree, length, name: name.slice(0, length), childStart: starts, self: kept, total };
}

interface Columns {
  readonly name: Int32Array;
  /** Node of the tree that is truncated; -1 for a new `other`. */
  readonly source: Int32Array;
  readonly self: Values;
}

function keepChildren(
  tree: FrameTree,
  parent: number,
  threshold: number,
  out: Columns,
  start: number,
): number {
  const total = tree.total.approx;
  const last = tree.childStart[parent + 1]!;
  let folded = 0;
  let at = start;
  let placeOfOther = -1;
  const append = (name: number, source: number): void => {
    out.name[at] = name;
    out.source[at] = source;
    if (source >= 0) addValue(out.self, at, tree.self, source);
    at++;
  };
  for (let child = tree.childStart[parent]!; child < last; child++) {
    if (total[child]! < threshold && tree.name[child] !== tree.other) folded++;
  }
  for (let child = tree.childStart[parent]!; child < last; child++) {
    const name = tree.name[child]!;
    if (folded > 0 && placeOfOther < 0 && name >= tree.other) {
      placeOfOther = at;
      if (name > tree.other) append(tree.other, -1);
    }
    if (total[child]! >= threshold || name === tree.other) append(name, child);
  }
  if (folded > 0) {
    if (placeOfOther < 0) {
      placeOfOther = at;
      append(tree.other, -1);
    }
    for (let child = tree.childStart[parent]!; child < last; child++) {
      if (total[child]! < threshold && tree.name[child] !== tree.other) {
        addValue(out.self, placeOfOther, tree.total, child);
      }
    }
  }
  return at;
}

function cut(values: Values, length: number): Values {
  return {
    approx: values.approx.slice(0, length),
    words:
      values.words === undefined
        ? undefined
        : { high: values.words.high.slice(0, length), low: values.words.low.slice(0, length) },
  };
}

function pushChildren(tree: FrameTree, node: number, into: Int32Array, depth: number): number {
  let at = depth;
  for (let child = tree.childStart[node]!; child < tree.childStart[node + 1]!; child++) {
    into[at++] = child;
  }
  return at;
}

/** The largest numbers of those offered, the smallest of them on top. */
class MinHeap {
  private readonly items: Float64Array;
  length = 0;

  constructor(capacity: number) {
    this.items = new Float64Array(capacity);
  }

  get smallest(): number {
    return this.items[0]!;
  }

  /** Takes the number in when there is room or when it is larger than the smallest, which then leaves. */
  offer(value: number): boolean {
    if (this.length < this.items.length) {
      this.siftUp(this.length++, value);
      return true;
    }
    if (value <= this.items[0]!) return false;
    this.siftDown(value);
    return true;
  }

  private siftUp(start: number, value: number): void {
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.items[parent]! <= value) break;
      this.items[at] = this.items[parent]!;
      at = parent;
    }
    this.items[at] = value;
  }

  private siftDown(value: number): void {
    const { items, length } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= value) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = value;
  }
}
