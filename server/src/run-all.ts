/**
 * Runs steps one after the other, those behind a failed one too: one that cannot remove its file shall not keep the
 * store from being closed.
 *
 * @throws at the end, what the failed step threw, or an AggregateError of what several threw
 */
export async function runAll(steps: readonly (() => Promise<void> | void)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 1) throw new AggregateError(failures, `${failures.length} steps failed`);
  if (failures.length > 0) throw failures[0];
}
