import { Refusal } from "./refusal.ts";
import { iecBytes } from "./sizes.ts";

/** A tenant's bucket, in memory that all workers share. */
export type RateBucket = SharedArrayBuffer;

/** A full bucket. */
export function createRateBucket(): RateBucket {
  return new SharedArrayBuffer(8);
}

/**
 * The buckets of all tenants. A full one is as good as a new one, so those that have been full for a while are
 * forgotten: tenants are named by clients and come without end.
 */
export class RateBuckets {
  private readonly byTenant = new Map<string, RateBucket>();
  private sweepAt = MIN_SWEEP;

  get size(): number {
    return this.byTenant.size;
  }

  of(tenant: string, nowMs: number): RateBucket {
    let bucket = this.byTenant.get(tenant);
    if (bucket === undefined) {
      if (this.byTenant.size >= this.sweepAt) this.sweep(nowMs);
      bucket = createRateBucket();
      // As if it had just become full, so that it stays until its first profile has been counted.
      new BigInt64Array(bucket)[0] = BigInt(Math.round(nowMs * 1000));
      this.byTenant.set(tenant, bucket);
    }
    return bucket;
  }

  private sweep(nowMs: number): void {
    const before = BigInt(Math.round((nowMs - FULL_FOR_MS) * 1000));
    for (const [tenant, bucket] of this.byTenant) {
      if (Atomics.load(new BigInt64Array(bucket), 0) < before) this.byTenant.delete(tenant);
    }
    this.sweepAt = Math.max(MIN_SWEEP, this.byTenant.size * 2);
  }
}

/** Tenants at which idle ones are looked for; then whenever their number has doubled. */
const MIN_SWEEP = 1000;
/** Longer than a push waits for its worker. */
const FULL_FOR_MS = 60_000;

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
