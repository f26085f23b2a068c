import type { FrameTree } from "./frame-tree.ts";
import { STEP_ITEMS, type Steps } from "./sliced.ts";
import { minTotal } from "./truncate.ts";
import { addValue, int64At, saturate, type Values, valueAt, zeroValues } from "./values.ts";

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
export function* drawFlameGraph(tree: FrameTree, maxNodes: number): Steps<Bars> {
  return inLevels(yield* drawBars(tree, maxNodes));
}

/** The numbers of a drawing as messages hold them. */
export function flameGraphData(bars: Bars): FlameGraphData {
  const levels: bigint[][] = [];
  for (let level = 0; level + 1 < bars.levelStart.length; level++) {
    const values: bigint[] = [];
    let end = 0n;
    for (let i = bars.levelStart[level]!; i < bars.levelStart[level + 1]!; i++) {
      const bar = bars.order[i]!;
      const offset = valueAt(bars.offset, bar);
      const total = valueAt(bars.total, bar);
      values.push(saturate(offset - end), saturate(total), int64At(bars.self, bar));
      values.push(BigInt(bars.name[bar]!));
      end = offset + total;
    }
    levels.push(values);
  }
  let largest = 0;
  for (let bar = 1; bar < bars.length; bar++) {
    if (bars.self.approx[bar]! > bars.self.approx[largest]!) largest = bar;
  }
  return {
    names: bars.names,
    levels,
    total: int64At(bars.total, 0),
    maxSelf: int64At(bars.self, largest),
  };
}

/** Bars in the order of drawing: depth first, the rightmost child first. Bar 0 is the root. */
export interface Bars {
  readonly length: number;
  readonly names: string[];
  readonly depth: Int32Array;
  readonly name: Int32Array;
  /** Distance from the left end of the drawing. */
  readonly offset: Values;
  readonly total: Values;
  readonly self: Values;
  /** Bars level by level, left to right. */
  readonly order: Int32Array;
  /** Where each level begins in `order`, and where the last one ends. */
  readonly levelStart: Int32Array;
}

type DrawnBars = { -readonly [K in Exclude<keyof Bars, "order" | "levelStart">]: Bars[K] };

function inLevels(bars: DrawnBars): Bars {
  let levels = 0;
  for (let bar = 0; bar < bars.length; bar++) levels = Math.max(levels, bars.depth[bar]! + 1);
  const levelStart = new Int32Array(levels + 1);
  for (let bar = 0; bar < bars.length; bar++) levelStart[bars.depth[bar]! + 1]!++;
  for (let level = 0; level < levels; level++) levelStart[level + 1]! += levelStart[level]!;
  const order = new Int32Array(bars.length);
  const next = levelStart.slice();
  // Bars were drawn right to left; the last one of a level is its leftmost.
  for (let bar = bars.length - 1; bar >= 0; bar--) order[next[bars.depth[bar]!]!++] = bar;
  return { ...bars, order, levelStart };
}

function* drawBars(tree: FrameTree, maxNodes: number): Steps<DrawnBars> {
  const threshold = yield* minTotal(tree, maxNodes);
  const exact = tree.self.words !== undefined;
  const room = tree.length * 2;
  const bars: DrawnBars = {
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
