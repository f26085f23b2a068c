/**
 * A computation in steps: it yields wherever it may be interrupted, a few times per millisecond at most. Written as
 * generators, so that tests run them at once and the server in slices between which other requests get their turn.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Items a loop handles between two yields. */
export const STEP_ITEMS = 8192;

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
