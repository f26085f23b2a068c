/** How often and how long a profile is offered to the server again. */
export interface RetryPolicy {
  /** Attempts for one upload, the first included. */
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 6,
  firstDelayMs: 1_000,
  longestDelayMs: 60_000,
};

/** Whether the server may take the same bytes later: it was busy, or not there. */
export function isRetryable(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/**
 * Milliseconds to wait before the next attempt: what the server asked for with `Retry-After` (seconds or a date) or
 * else twice as long each time, in both cases at most the policy's longest. Half of it is left to chance, so that many
 * processes that failed together do not return together.
 */
export function retryDelayMs(
  attempt: number,
  retryAfter: string | undefined,
  policy: RetryPolicy,
  random: () => number = Math.random,
): number {
  const asked = retryAfterMs(retryAfter);
  if (asked !== undefined) {
    return Math.min(asked + random() * policy.firstDelayMs, policy.longestDelayMs);
  }
  const delay = Math.min(policy.firstDelayMs * 2 ** (attempt - 1), policy.longestDelayMs);
  return delay / 2 + (random() * delay) / 2;
}

function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
