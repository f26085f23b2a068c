/** A computation in steps, between which its caller may do something else. */
export type Steps<T> = Generator<void, T, void>;

/** Runs a computation without interruption. */
export function runAtOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
