/**
 * A computation in steps: it yields wherever it may be interrupted, a few times per millisecond at most. Written as
 * generators, so that tests run them at once and the server in slices between which other requests get their turn.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Items a loop handles between two yields. */
export const STEP_ITEMS = 8192;

/**
 * Hands out the ranges of a long loop, one step each. The loop itself is a plain function over a range: V8 optimises
 * those, while a loop with a `yield` inside stays several times slower (measured on merging a million frames).
 */
export function* inRanges(length: number, visit: (from: number, to: number) => void): Steps<void> {
  for (let from = 0; from < length; from += STEP_ITEMS) {
    visit(from, Math.min(from + STEP_ITEMS, length));
    yield;
  }
}

/** Longest time the event loop is held, in milliseconds. */
const SLICE_MS = 8;

/** Runs a computation in slices. Rejects with the signal's reason once that is aborted. */
export async function runSliced<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
  let sliceStart = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - sliceStart < SLICE_MS) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    sliceStart = performance.now();
  }
}

/** Runs a computation without interruption. */
export function runAtOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
