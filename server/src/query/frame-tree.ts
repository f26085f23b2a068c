import { compareUtf8 } from "../compare-utf8.ts";
import { NameTrie } from "./name-trie.ts";
import { inRanges, type Steps } from "./sliced.ts";
import { addValue, type Values, zeroValues } from "./values.ts";

/**
 * A tree of function names with the values of a query, root first. Node 0 is a virtual root without a name; nodes are
 * numbered breadth first, so children come after their parent, the children of one node are neighbours, and they are
 * ascending by the UTF-8 bytes of their names:
 *
 *     a;b;e 1    node    0  1  2  3  4  5
 *     a;c   2    name    -  a  b  c  e  d
 *     a;c;d 1    self    0  0  0  2  1  1
 *                children of 0: [1,2)  of 1: [2,4)  of 2: [4,5)  of 3: [5,6)
 */
export interface FrameTree {
  readonly length: number;
  /** Distinct names, ascending by UTF-8 bytes; "other" is always among them. Some may be unused. */
  readonly names: readonly string[];
  /** Position of "other" in `names`. */
  readonly other: number;
  /** Index into `names`; -1 for node 0. */
  readonly name: Int32Array;
  /** Children of node i are [childStart[i], childStart[i + 1]). */
  readonly childStart: Int32Array;
  readonly self: Values;
  /** Self plus the totals of the children. */
  readonly total: Values;
}

/** What the rest of a truncated node is called. */
export const OTHER = "other";

/** A tree under construction: nodes in the order they were met. */
export class FrameTreeBuilder {
  private readonly trie = new NameTrie();
  private readonly nameIds = new Map<string, number>();
  private readonly names: string[] = [];

  constructor() {
    this.nameId(OTHER);
  }

  /** Number of nodes, the virtual root included. */
  get length(): number {
    return this.trie.length;
  }

  /** Number of a name. */
  nameId(name: string): number {
    let id = this.nameIds.get(name);
    if (id === undefined) {
      id = this.names.length;
      this.names.push(name);
      this.nameIds.set(name, id);
    }
    return id;
  }

  /** The child of a node with that name, made when there is none. Node 0 is the root. */
  child(parent: number, name: number): number {
    return this.trie.child(parent, name);
  }

  /** Finishes the tree; `self` has a value for each node. */
  *finish(self: Values): Steps<FrameTree> {
    const { rank, names } = sortedNames(this.names);
    const { length, parent, name: nameOf } = this.trie;
    // Sorting by name and then, keeping that order, by parent brings siblings together in order.
    const nodes = new Int32Array(length);
    const nameRank = new Int32Array(length);
    const parentOf = parent.slice(0, length);
    parentOf[0] = 0;
    for (let node = 1; node < length; node++) {
      nodes[node] = node;
      nameRank[node] = rank[nameOf[node]!]!;
    }
    const byName = yield* countingSort(nodes, nameRank, names.length);
    const bySibling = yield* countingSort(byName, parentOf, length);
    // bySibling starts with node 0 (its own parent) and the roots; where each node's children start in it:
    const first = new Int32Array(length + 1);
    for (let node = 1; node < length; node++) first[parent[node]! + 1]!++;
    first[0] = 1;
    for (let node = 1; node <= length; node++) first[node]! += first[node - 1]!;

    const order = new Int32Array(length);
    const childStart = new Int32Array(length + 1);
    let filled = 1;
    yield* inRanges(length, (from, to) => {
      filled = layOut(order, childStart, first, bySibling, filled, from, to);
    });
    childStart[length] = filled;
    const name = new Int32Array(length);
    const sorted = zeroValues(length, self.words !== undefined);
    yield* inRanges(length, (from, to) => {
      for (let at = from; at < to; at++) {
        const node = order[at]!;
        name[at] = node === 0 ? -1 : rank[nameOf[node]!]!;
        addValue(sorted, at, self, node);
      }
    });
    const other = rank[this.nameIds.get(OTHER)!]!;
    const total = yield* totalsOf(childStart, sorted);
    return { length, names, other, name, childStart, self: sorted, total };
  }
}

/** Numbers nodes breadth first: `order` is the queue of nodes still to be visited. */
function layOut(
  order: Int32Array,
  childStart: Int32Array,
  first: Int32Array,
  bySibling: Int32Array,
  start: number,
  from: number,
  to: number,
): number {
  let filled = start;
  for (let at = from; at < to; at++) {
    childStart[at] = filled;
    const node = order[at]!;
    for (let i = first[node]!; i < first[node + 1]!; i++) order[filled++] = bySibling[i]!;
  }
  return filled;
}

/** Totals of a tree: every node's own value and those below it. */
export function* totalsOf(childStart: Int32Array, self: Values): Steps<Values> {
  const length = childStart.length - 1;
  const total = zeroValues(length, self.words !== undefined);
  // Children have larger numbers than their parents: from the end.
  yield* inRanges(length, (from, to) => {
    addTotals(total, self, childStart, length - from, length - to);
  });
  return total;
}

function addTotals(
  total: Values,
  self: Values,
  childStart: Int32Array,
  from: number,
  to: number,
): void {
  for (let node = from - 1; node >= to; node--) {
    addValue(total, node, self, node);
    for (let child = childStart[node]!; child < childStart[node + 1]!; child++) {
      addValue(total, node, total, child);
    }
  }
}

function sortedNames(names: readonly string[]): { rank: Int32Array; names: string[] } {
  const order = Array.from(names, (_, i) => i);
  // Up to U+D7FF code units sort as bytes do, and comparing them is built in.
  const plain = !names.some((name) => /[\ud800-\uffff]/.test(name));
  if (plain) order.sort((a, b) => (names[a]! < names[b]! ? -1 : 1));
  else order.sort((a, b) => compareUtf8(names[a]!, names[b]!));
  const rank = new Int32Array(names.length);
  order.forEach((id, at) => {
    rank[id] = at;
  });
  return { rank, names: order.map((id) => names[id]!) };
}

/** Sorts items by a key below `keys`, keeping the order of equal ones. */
function* countingSort(items: Int32Array, keyOf: Int32Array, keys: number): Steps<Int32Array> {
  const start = new Int32Array(keys + 1);
  yield* inRanges(items.length, (from, to) => {
    for (let i = from; i < to; i++) start[keyOf[items[i]!]! + 1]!++;
  });
  for (let key = 0; key < keys; key++) start[key + 1]! += start[key]!;
  const sorted = new Int32Array(items.length);
  yield* inRanges(items.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const item = items[i]!;
      sorted[start[keyOf[item]!]!++] = item;
    }
  });
  return sorted;
}
