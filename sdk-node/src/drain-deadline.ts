/** Longest time that `flush` and `stop` wait for the server. */
export const DRAIN_DEADLINE_MS = 10_000;

/**
 * Waits at most until the deadline, and keeps the process alive meanwhile where somebody may wait for it. Never rejects.
 */
export function withDeadline(work: Promise<void>, keepAlive: boolean): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, DRAIN_DEADLINE_MS);
    if (!keepAlive) timer.unref();
    void work.then(
      () => {
        clearTimeout(timer);
        resolve();
      },
      () => {
        clearTimeout(timer);
        resolve();
      },
    );
  });
}
