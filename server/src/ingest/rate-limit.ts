import { Refusal } from "./refusal.ts";
import { iecBytes } from "./sizes.ts";

/** A tenant's bucket, in memory that all workers share. */
export type RateBucket = SharedArrayBuffer;

/** A full bucket. */
export function createRateBucket(): RateBucket {
  return new SharedArrayBuffer(8);
}

/**
 * Takes `bytes` from a bucket that refills with `rate` bytes a second up to `burst`, or refuses.
 *
 * The bucket is one number, the time (in microseconds) at which it will be full again, so that a single compare and
 * exchange keeps workers from both taking the last token.
 */
export function takeBytes(
  bucket: RateBucket,
  bytes: number,
  rate: number,
  burst: number,
  nowMs: number,
): void {
  if (rate <= 0) return;
  const full = new BigInt64Array(bucket);
  const now = BigInt(Math.round(nowMs * 1000));
  const cost = BigInt(Math.round((bytes / rate) * 1e6));
  const capacity = BigInt(Math.round((burst / rate) * 1e6));
  for (;;) {
    const fullAt = Atomics.load(full, 0);
    const next = (fullAt > now ? fullAt : now) + cost;
    if (next - now > capacity) {
      const waitSeconds = Math.max(1, Math.ceil(Number(next - now - capacity) / 1e6));
      throw new Refusal(
        `push rate limit (${iecBytes(rate)}) exceeded while adding ${iecBytes(bytes)}`,
        { code: "resource_exhausted", reason: "rate_limited", retryAfterSeconds: waitSeconds },
      );
    }
    if (Atomics.compareExchange(full, 0, fullAt, next) === fullAt) return;
  }
}
