import type { Steps } from "../src/query/sliced.ts";

/** Runs a computation and says how much CPU time its longest step took, in milliseconds. */
export function runTimed<T>(steps: Steps<T>): { readonly result: T; readonly longestMs: number } {
  let longestMs = 0;
  for (;;) {
    const start = process.cpuUsage();
    const step = steps.next();
    longestMs = Math.max(longestMs, process.cpuUsage(start).user / 1000);
    if (step.done) return { result: step.value, longestMs };
  }
}
