import type { TenantLimits } from "../limits.ts";
import type { IngestUnit, UnitResult, WaitRefusal } from "./ingester.ts";
import type { Job, UnitOutcome } from "./messages.ts";
import type { RateBucket } from "./rate-limit.ts";

/** One request on its way through the ingester. */
export interface Push {
  readonly id: number;
  readonly tenant: string;
  readonly units: readonly IngestUnit[];
  readonly limits: TenantLimits;
  /** Of all payloads. */
  readonly bytes: number;
  /** `performance.now()` when it came. */
  readonly since: number;
  /** Known once a worker is through with it. */
  outcomes: readonly UnitOutcome[] | undefined;
  /** Answers it and tells the observer of its units. */
  resolve(results: readonly UnitResult[]): void;
  /** Answers all units with a refusal of which the observer knows. */
  refuse(refusal: WaitRefusal): void;
}

/** Bytes of the payloads as received. */
export function compressedBytes(units: readonly IngestUnit[]): number {
  return units.reduce((sum, { profile }) => sum + profile.length, 0);
}

/** The request as a worker gets it: payloads copied into memory of their own, which goes over without a copy. */
export function toJob(push: Push, bucket: RateBucket, limitsKey: string): Job {
  const data = new Uint8Array(push.bytes);
  const ends: number[] = [];
  let at = 0;
  const units = push.units.map(({ profile, ...unit }) => {
    data.set(profile, at);
    at += profile.length;
    ends.push(at);
    return unit;
  });
  const { id, tenant, limits } = push;
  return { kind: "job", id, tenant, limits, limitsKey, bucket, units, data, ends };
}

/** One result for all units. */
export function refuseAll(units: readonly IngestUnit[], result: UnitResult): UnitResult[] {
  return units.map(({ profile }) => ({ ...result, sizeBytes: profile.length }));
}

/** The answer for units that are in order but could not be stored. */
export function storageFailure(message: string): UnitResult & { readonly ok: false } {
  return {
    ok: false,
    code: "unavailable",
    reason: undefined,
    message,
    sizeBytes: 0,
    stage: "push",
    retryAfterSeconds: 1,
  };
}

/** The answer for a push that cannot be let in now. */
export function waitRefusal(holdMs: number): WaitRefusal {
  return {
    ok: false,
    code: "resource_exhausted",
    reason: undefined,
    message: "too many profiles wait to be stored, send them again later",
    sizeBytes: 0,
    stage: "push",
    retryAfterSeconds: 1 + Math.floor(Math.random() * RETRY_SPREAD_SECONDS),
    holdMs,
  };
}

/** Clients that were refused together come back over this time, not together. */
const RETRY_SPREAD_SECONDS = 5;
