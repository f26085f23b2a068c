import type { FrameTree } from "./frame-tree.ts";
import { STEP_ITEMS, type Steps } from "./sliced.ts";
import { minTotal } from "./truncate.ts";
import { addValue, saturate, type Values, valueAt, zeroValues } from "./values.ts";

/** A flame graph as Grafana reads it. */
export interface FlameGraphData {
  /** Names by index; the first is `total`, the root's. */
  readonly names: string[];
  /**
   * One list for each depth, four numbers for each bar, left to right: distance from the end of the bar before,
   * total, self, index of the name.
   */
  readonly levels: bigint[][];
  readonly total: bigint;
  readonly maxSelf: bigint;
}

const ROOT_NAME = "total";

/**
 * Draws a tree, folding nodes below the threshold of `maxNodes` (less than 1: none) and functions that are called
 * `other` into one synthetic `other` at the right of their parent. Zero-valued nodes are not drawn.
 */
export function* flameGraph(tree: FrameTree, maxNodes: number): Steps<FlameGraphData> {
  const bars = yield* drawBars(tree, maxNodes);
  const levels: bigint[][] = [];
  const ends: bigint[] = [];
  // Bars were met right to left; the last one of a level is its leftmost.
  for (let bar = bars.length - 1; bar >= 0; bar--) {
    const depth = bars.depth[bar]!;
    while (levels.length <= depth) {
      levels.push([]);
      ends.push(0n);
    }
    const offset = valueAt(bars.offset, bar);
    const total = valueAt(bars.total, bar);
    levels[depth]!.push(
      saturate(offset - ends[depth]!),
      saturate(total),
      saturate(valueAt(bars.self, bar)),
      BigInt(bars.name[bar]!),
    );
    ends[depth] = offset + total;
    if (bar % STEP_ITEMS === 0) yield;
  }
  let maxSelf = 0;
  for (let bar = 1; bar < bars.length; bar++) {
    if (bars.self.approx[bar]! > bars.self.approx[maxSelf]!) maxSelf = bar;
  }
  return {
    names: bars.names,
    levels,
    total: saturate(valueAt(tree.total, 0)),
    maxSelf: saturate(valueAt(bars.self, maxSelf)),
  };
}

/** Bars in the order of drawing: depth first, the rightmost child first. */
interface Bars {
  length: number;
  readonly names: string[];
  readonly depth: Int32Array;
  readonly name: Int32Array;
  readonly offset: Values;
  readonly total: Values;
  readonly self: Values;
}

function* drawBars(tree: FrameTree, maxNodes: number): Steps<Bars> {
  const threshold = yield* minTotal(tree, maxNodes);
  const exact = tree.self.words !== undefined;
  const room = tree.length * 2;
  const bars: Bars = {
    length: 0,
    names: [],
    depth: new Int32Array(room),
    name: new Int32Array(room),
    offset: zeroValues(room, exact),
    total: zeroValues(room, exact),
    self: zeroValues(room, exact),
  };
  const nameIndex = new Int32Array(tree.names.length).fill(-1);
  const rootName = tree.names.indexOf(ROOT_NAME);
  if (rootName >= 0) nameIndex[rootName] = 0;
  bars.names.push(ROOT_NAME);

  // What is still to be drawn: a node (negative: the rest of parent -1 - x), its depth and its place.
  const pending = new Int32Array(room);
  const pendingDepth = new Int32Array(room);
  const place = zeroValues(room, exact);
  const rest = zeroValues(room, exact);
  let waiting = 1;
  const cursor = zeroValues(1, exact);
  const folded = zeroValues(1, exact);
  for (let steps = 1; waiting > 0; steps++) {
    const at = --waiting;
    const node = pending[at]!;
    const depth = pendingDepth[at]!;
    const bar = bars.length++;
    bars.depth[bar] = depth;
    addValue(bars.offset, bar, place, at);
    if (node < 0) {
      addValue(bars.total, bar, rest, at);
      addValue(bars.self, bar, rest, at);
      bars.name[bar] = indexOfName(tree, tree.other, nameIndex, bars.names);
      continue;
    }
    addValue(bars.total, bar, tree.total, node);
    addValue(bars.self, bar, tree.self, node);
    bars.name[bar] = node === 0 ? 0 : indexOfName(tree, tree.name[node]!, nameIndex, bars.names);
    clear(cursor, 0);
    clear(folded, 0);
    addValue(cursor, 0, place, at);
    addValue(cursor, 0, tree.self, node);
    let anyFolded = false;
    for (let child = tree.childStart[node]!; child < tree.childStart[node + 1]!; child++) {
      const total = tree.total.approx[child]!;
      if (total === 0) continue;
      if (total < threshold || tree.name[child] === tree.other) {
        addValue(folded, 0, tree.total, child);
        anyFolded = true;
        continue;
      }
      pending[waiting] = child;
      pendingDepth[waiting] = depth + 1;
      clear(place, waiting);
      addValue(place, waiting++, cursor, 0);
      addValue(cursor, 0, tree.total, child);
    }
    if (anyFolded) {
      pending[waiting] = -1;
      pendingDepth[waiting] = depth + 1;
      clear(place, waiting);
      addValue(place, waiting, cursor, 0);
      clear(rest, waiting);
      addValue(rest, waiting++, folded, 0);
    }
    if (steps % STEP_ITEMS === 0) yield;
  }
  return bars;
}

function indexOfName(
  tree: FrameTree,
  name: number,
  nameIndex: Int32Array,
  names: string[],
): number {
  const known = nameIndex[name]!;
  if (known >= 0) return known;
  nameIndex[name] = names.length;
  return names.push(tree.names[name]!) - 1;
}

function clear(values: Values, at: number): void {
  values.approx[at] = 0;
  if (values.words === undefined) return;
  values.words.high[at] = 0;
  values.words.low[at] = 0;
}
