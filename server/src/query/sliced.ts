import type { Steps } from "@pyrospan/pprof";

export { runAtOnce, type Steps } from "@pyrospan/pprof";

/** Items a loop handles between two yields. */
export const STEP_ITEMS = 8192;

/**
 * Hands out the ranges of a long loop, one step each. The loop itself is a plain function over a range: V8 optimises
 * those, while a loop with a `yield` inside stays several times slower (measured on merging a million frames).
 */
export function* inRanges(
  length: number,
  visit: (from: number, to: number) => void,
  items: number = STEP_ITEMS,
): Steps<void> {
  for (let from = 0; from < length; from += items) {
    visit(from, Math.min(from + items, length));
    yield;
  }
}

/** A sorted copy of a long list; equal items keep their order. Sorts short runs and merges them two by two. */
export function* sortedList<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
): Steps<readonly T[]> {
  const { length } = items;
  let source = items.slice();
  yield* inRanges(length, (from, to) => {
    const run = source.slice(from, to).sort(compare);
    for (let i = 0; i < run.length; i++) source[from + i] = run[i]!;
  });
  let merged = source.slice();
  for (let width = STEP_ITEMS; width < length; width *= 2) {
    for (let start = 0; start < length; start += 2 * width) {
      const middle = Math.min(start + width, length);
      const end = Math.min(start + 2 * width, length);
      let left = start;
      let right = middle;
      yield* inRanges(end - start, (from, to) => {
        for (let at = start + from; at < start + to; at++) {
          const takesLeft =
            left < middle && (right >= end || compare(source[left]!, source[right]!) <= 0);
          merged[at] = takesLeft ? source[left++]! : source[right++]!;
        }
      });
    }
    [source, merged] = [merged, source];
  }
  return source;
}

/** Longest time the event loop is held, in milliseconds. */
const SLICE_MS = 8;

/** Runs a computation in slices. Before each but the first `check` may throw to end it. */
export async function runSliced<T>(steps: Steps<T>, check?: () => void): Promise<T> {
  let sliceStart = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - sliceStart < SLICE_MS) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    check?.();
    sliceStart = performance.now();
  }
}
