import { setTimeout as sleep } from "node:timers/promises";

/** Holds an answer back for `ms`, or until the client leaves, which is no error. */
export async function holdBack(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
