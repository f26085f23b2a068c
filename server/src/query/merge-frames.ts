import { type FrameTree, FrameTreeBuilder } from "./frame-tree.ts";
import type { PartitionFrames } from "./partition-frames.ts";
import { STEP_ITEMS, type Steps } from "./sliced.ts";
import { addValue, addWords, type Values, zeroValues } from "./values.ts";

/** Values of distinct stacks of one partition. */
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
    const { frames, names } = part.frames;
    // For each frame its place among the touched ones plus 1.
    const place = part.frames.takeScratch();
    const touched = yield* touchedFrames(part, place);
    const own = yield* valuesByFrame(part, place, touched.length, exact);
    const node = new Int32Array(touched.length);
    const nameIds = new Int32Array(names.length).fill(-1);
    for (const frame of yield* ascending(touched, place, frames.length)) {
      if (frame === 0) continue;
      const name = frames.name[frame]!;
      if (nameIds[name]! < 0) nameIds[name] = builder.nameId(names[name]!);
      const at = place[frame]! - 1;
      node[at] = builder.child(node[place[frames.parent[frame]!]! - 1]!, nameIds[name]!);
      if (builder.length > self.approx.length) self = larger(self, builder.length * 2);
      addValue(self, node[at]!, own, at);
      if (at % STEP_ITEMS === 0) yield;
    }
    for (let i = 0; i < touched.length; i++) place[touched[i]!] = 0;
    part.frames.giveScratch(place);
  }
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
  for (let i = 0; site >= 0 && i < part.stacks.length; i++) {
    let frame = part.frames.frameOf(part.stacks[i]!);
    // Callers have smaller numbers.
    while (frame > site) frame = part.frames.frames.parent[frame]!;
    if (frame === site) kept.push(i);
    if (i % STEP_ITEMS === 0) yield;
  }
  return {
    frames: part.frames,
    stacks: Uint32Array.from(kept, (i) => part.stacks[i]!),
    values: BigInt64Array.from(kept, (i) => part.values[i]!),
  };
}

/** Frames that have values, and those above them, in no order; `place` gets each one's position plus 1. */
function* touchedFrames(part: PartitionValues, place: Int32Array): Steps<Int32Array> {
  const { frames } = part.frames;
  let touched = new Int32Array(1024);
  touched[0] = 0;
  place[0] = 1;
  let count = 1;
  for (let i = 0; i < part.stacks.length; i++) {
    let frame = part.frames.frameOf(part.stacks[i]!);
    while (place[frame] === 0) {
      if (count === touched.length) {
        const more = new Int32Array(count * 2);
        more.set(touched);
        touched = more;
      }
      touched[count++] = frame;
      place[frame] = count;
      frame = frames.parent[frame]!;
    }
    if (i % STEP_ITEMS === 0) yield;
  }
  return touched.subarray(0, count);
}

/** The touched frames in ascending order, which has parents before children. */
function* ascending(touched: Int32Array, place: Int32Array, frames: number): Steps<Int32Array> {
  // Sorting a few is quicker than looking at all frames of the partition.
  if (touched.length * 16 < frames) return touched.slice().sort();
  const sorted = new Int32Array(touched.length);
  let count = 0;
  for (let frame = 0; frame < frames; frame++) {
    if (place[frame] !== 0) sorted[count++] = frame;
    if (frame % STEP_ITEMS === 0) yield;
  }
  return sorted;
}

function* valuesByFrame(
  part: PartitionValues,
  place: Int32Array,
  count: number,
  exact: boolean,
): Steps<Values> {
  const own = zeroValues(count, exact);
  const words = new Int32Array(part.values.buffer, part.values.byteOffset, part.values.length * 2);
  for (let i = 0; i < part.stacks.length; i++) {
    const at = place[part.frames.frameOf(part.stacks[i]!)]! - 1;
    addWords(own, at, words[i * 2 + 1]!, words[i * 2]! >>> 0);
    if (i % STEP_ITEMS === 0) yield;
  }
  return own;
}

function* mayPassSafeIntegers(parts: readonly PartitionValues[]): Steps<boolean> {
  let magnitude = 0;
  for (const { values } of parts) {
    const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
    for (let i = 0; i < values.length; i++) {
      magnitude += Math.abs(words[i * 2 + 1]! * 4_294_967_296 + (words[i * 2]! >>> 0));
      if (i % STEP_ITEMS === 0) yield;
    }
  }
  return magnitude > Number.MAX_SAFE_INTEGER;
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
