import type { Steps } from "@pyrospan/pprof";

/** Longest time in milliseconds that profile work holds the event loop at a stretch. */
const SLICE_MS = 1;

/**
 * Runs work that yields where it may be interrupted, giving the event loop a turn whenever a slice is used up.
 * Does not keep the process alive: whoever waits for the result must.
 */
export async function runInSlices<T>(steps: Steps<T>): Promise<T> {
  await nextTurn();
  let end = performance.now() + SLICE_MS;
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() < end) continue;
    await nextTurn();
    end = performance.now() + SLICE_MS;
  }
}

let lastTurn: Promise<void> = Promise.resolve();

/**
 * Resolves in a turn of the event loop that nobody else gets who asks here. By a timer: an immediate that does not keep
 * the process alive does not wake an event loop that sleeps, either.
 */
export function nextTurn(): Promise<void> {
  lastTurn = lastTurn.then(
    () =>
      new Promise((resolve) => {
        setTimeout(resolve).unref();
      }),
  );
  return lastTurn;
}
