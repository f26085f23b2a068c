import { holdBack } from "./hold-back.ts";

/**
 * Holds a successful ingest answer back until the request took about `delayMs`, give or take a tenth, so that clients
 * of a tenant can be slowed down. Returns the value of `Server-Timing`, or undefined when there was nothing to wait
 * for. Ends early when the client leaves, which is no error: its profiles are stored.
 */
export async function delaySuccess(
  delayMs: number,
  startedAt: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (delayMs <= 0) return undefined;
  const jittered = delayMs * (0.9 + Math.random() * 0.2);
  const restMs = jittered - (performance.now() - startedAt);
  if (restMs <= 0) return undefined;
  await holdBack(restMs, signal);
  return `artificial_delay;dur=${restMs.toFixed(6)}`;
}
