/**
 * A computation in steps: it yields wherever it may be interrupted, a few times per millisecond at most, so that a
 * server or an application gets its turn in between.
 */
export type Steps<T> = Generator<void, T, void>;

/** Runs a computation without interruption. */
export function runAtOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
