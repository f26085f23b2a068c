/** How long and at what pace a profile is offered to the server again. */
export interface RetryPolicy {
  /** A profile that has waited longer is given up. */
  readonly maxAgeMs: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

/** What a server that is restarted or replaced takes, with a new attempt soon after it is back. */
export const DEFAULT_RETRY: RetryPolicy = {
  maxAgeMs: 240_000,
  firstDelayMs: 1_000,
  longestDelayMs: 30_000,
};

/** Whether the server may take the same bytes later: it was busy, or not there. */
export function isRetryable(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/**
 * Milliseconds to wait before the next attempt after so many failures in a row: what the server asked for with
 * `Retry-After` (seconds or a date), for as long as a profile is worth waiting for, or else twice as long each time, up
 * to the policy's longest. Part of it is left to chance, so that many processes that failed together do not return
 * together.
 */
export function retryDelayMs(
  failures: number,
  retryAfter: string | undefined,
  policy: RetryPolicy,
  random: () => number = Math.random,
): number {
  const asked = retryAfterMs(retryAfter);
  if (asked !== undefined) {
    return Math.min(asked, policy.maxAgeMs) + random() * policy.firstDelayMs;
  }
  const delay = Math.min(policy.firstDelayMs * 2 ** (failures - 1), policy.longestDelayMs);
  return delay / 2 + (random() * delay) / 2;
}

function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
