import { type FrameTree, FrameTreeBuilder } from "./frame-tree.ts";
import type { NameTrie } from "./name-trie.ts";
import type { PartitionFrames } from "./partition-frames.ts";
import { inRanges, type Steps } from "./sliced.ts";
import { addValue, addWords, type Values, zeroValues } from "./values.ts";

/** Values of stacks of one partition; a stack may come several times. */
export interface PartitionValues {
  readonly frames: PartitionFrames;
  readonly stacks: Uint32Array;
  readonly values: BigInt64Array;
}

/**
 * Adds the stacks of several partitions up to one tree of function names. With a call site (names, root first), only
 * stacks that begin with it count. Values of stacks without frames are left out.
 */
export function* mergeFrames(
  parts: readonly PartitionValues[],
  callSite: readonly string[] = [],
): Steps<FrameTree> {
  const exact = yield* mayPassSafeIntegers(parts);
  const builder = new FrameTreeBuilder();
  let self = zeroValues(1024, exact);
  for (const whole of parts) {
    const part = callSite.length === 0 ? whole : yield* belowSite(whole, callSite);
    if (part.stacks.length === 0) continue;
    // For each frame its place among the touched ones plus 1.
    const place = part.frames.takeScratch();
    const leaf = new Int32Array(part.stacks.length);
    const touched = yield* touchedFrames(part, place, leaf);
    const own = zeroValues(touched.length, exact);
    yield* inRanges(leaf.length, (from, to) => addStacks(own, place, leaf, part.values, from, to));
    const node = new Int32Array(touched.length);
    const nameIds = new Int32Array(part.frames.names.length).fill(-1);
    const order = yield* ascending(touched, place, part.frames.frames.length);
    yield* inRanges(order.length, (from, to) => {
      addNodes(builder, part.frames, nameIds, order, place, node, from, to);
    });
    if (builder.length > self.approx.length) self = larger(self, builder.length * 2);
    yield* inRanges(node.length, (from, to) => addNodeValues(self, node, own, from, to));
    for (let i = 0; i < touched.length; i++) place[touched[i]!] = 0;
    part.frames.giveScratch(place);
  }
  // What the root itself collected are stacks without frames.
  clearRoot(self);
  return yield* builder.finish(self);
}

/** The stacks that begin with the given names. */
export function* belowSite(
  part: PartitionValues,
  callSite: readonly string[],
): Steps<PartitionValues> {
  let site = 0;
  for (const name of callSite) if (site >= 0) site = part.frames.findFrame(site, name);
  const kept: number[] = [];
  const { parent } = part.frames.frames;
  yield* inRanges(site < 0 ? 0 : part.stacks.length, (from, to) => {
    for (let i = from; i < to; i++) {
      let frame = part.frames.frameOf(part.stacks[i]!);
      // Callers have smaller numbers.
      while (frame > site) frame = parent[frame]!;
      if (frame === site) kept.push(i);
    }
  });
  return {
    frames: part.frames,
    stacks: Uint32Array.from(kept, (i) => part.stacks[i]!),
    values: BigInt64Array.from(kept, (i) => part.values[i]!),
  };
}

/** Frames that have values, and those above them, in no order; `leaf` gets the frame of each stack. */
function* touchedFrames(
  part: PartitionValues,
  place: Int32Array,
  leaf: Int32Array,
): Steps<Int32Array> {
  const touched = new Int32Array(part.frames.frames.length);
  place[0] = 1;
  let count = 1;
  yield* inRanges(leaf.length, (from, to) => {
    for (let i = from; i < to; i++) leaf[i] = part.frames.frameOf(part.stacks[i]!);
    count = touch(part.frames.frames, place, leaf, touched, count, from, to);
  });
  return touched.subarray(0, count);
}

function touch(
  frames: NameTrie,
  place: Int32Array,
  leaf: Int32Array,
  touched: Int32Array,
  start: number,
  from: number,
  to: number,
): number {
  const { parent } = frames;
  let count = start;
  for (let i = from; i < to; i++) {
    for (let frame = leaf[i]!; place[frame] === 0; frame = parent[frame]!) {
      touched[count++] = frame;
      place[frame] = count;
    }
  }
  return count;
}

function addStacks(
  own: Values,
  place: Int32Array,
  leaf: Int32Array,
  values: BigInt64Array,
  from: number,
  to: number,
): void {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  for (let i = from; i < to; i++) {
    addWords(own, place[leaf[i]!]! - 1, words[i * 2 + 1]!, words[i * 2]! >>> 0);
  }
}

/** Gives each touched frame its node of the tree. */
function addNodes(
  builder: FrameTreeBuilder,
  partition: PartitionFrames,
  nameIds: Int32Array,
  order: Int32Array,
  place: Int32Array,
  node: Int32Array,
  from: number,
  to: number,
): void {
  const { parent, name } = partition.frames;
  for (let i = from; i < to; i++) {
    const frame = order[i]!;
    if (frame === 0) continue;
    const own = name[frame]!;
    let id = nameIds[own]!;
    if (id < 0) {
      id = builder.nameId(partition.names[own]!);
      nameIds[own] = id;
    }
    node[place[frame]! - 1] = builder.child(node[place[parent[frame]!]! - 1]!, id);
  }
}

function addNodeValues(
  self: Values,
  node: Int32Array,
  own: Values,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) addValue(self, node[i]!, own, i);
}

/** The touched frames in ascending order, which has parents before children. */
function* ascending(touched: Int32Array, place: Int32Array, frames: number): Steps<Int32Array> {
  // Sorting a few is quicker than looking at all frames of the partition.
  if (touched.length * 16 < frames) return touched.slice().sort();
  const sorted = new Int32Array(touched.length);
  let count = 0;
  yield* inRanges(frames, (from, to) => {
    for (let frame = from; frame < to; frame++) {
      if (place[frame] !== 0) sorted[count++] = frame;
    }
  });
  return sorted;
}

function* mayPassSafeIntegers(parts: readonly PartitionValues[]): Steps<boolean> {
  let magnitude = 0;
  for (const { values } of parts) {
    const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
    yield* inRanges(values.length, (from, to) => {
      magnitude += sumOfMagnitudes(words, from, to);
    });
  }
  return magnitude > Number.MAX_SAFE_INTEGER;
}

function sumOfMagnitudes(words: Int32Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    sum += Math.abs(words[i * 2 + 1]! * 4_294_967_296 + (words[i * 2]! >>> 0));
  }
  return sum;
}

function clearRoot(self: Values): void {
  self.approx[0] = 0;
  if (self.words === undefined) return;
  self.words.high[0] = 0;
  self.words.low[0] = 0;
}

function larger(values: Values, length: number): Values {
  const result = zeroValues(length, values.words !== undefined);
  result.approx.set(values.approx);
  if (result.words !== undefined && values.words !== undefined) {
    result.words.high.set(values.words.high);
    result.words.low.set(values.words.low);
  }
  return result;
}
