import type { TenantLimits } from "../limits.ts";
import type { IngestUnit, UnitResult } from "./ingester.ts";
import type { Sealed } from "./open-batch.ts";
import type { RateBucket } from "./rate-limit.ts";

/** From the main thread to a worker. They are worked off in order. */
export type WorkerRequest =
  | Job
  /** Write the open batch to files and begin a new one. */
  | { readonly kind: "seal"; readonly name: string }
  /** Forget all numbers and the open batch: an earlier batch, which they rest on, was not stored. */
  | { readonly kind: "reset" };

/** The units of one request. */
export interface Job {
  readonly kind: "job";
  readonly id: number;
  readonly tenant: string;
  readonly limits: TenantLimits;
  readonly limitsKey: string;
  readonly bucket: RateBucket;
  readonly units: readonly Omit<IngestUnit, "profile">[];
  /** The payloads one after another. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Where each payload ends. */
  readonly ends: readonly number[];
}

/** From a worker to the main thread, in the order of the requests; one message carries one or more. */
export type WorkerReply =
  /** Comes first, unasked: it is there and can work. */
  | { readonly kind: "ready" }
  | JobDone
  | ({ readonly kind: "sealed" } & Sealed)
  /** The files could not be written; the rows are gone, and with them the numbers of their symbols. */
  | { readonly kind: "seal-failed"; readonly message: string }
  | { readonly kind: "reset-done" };

/** What became of a request's units; final for those that are not `stored`. */
export interface JobDone {
  readonly kind: "done";
  readonly id: number;
  readonly outcomes: readonly UnitOutcome[];
  /** Rows of `samples` in the open batch. */
  readonly openSamples: number;
}

/** What became of one unit. */
export interface UnitOutcome {
  readonly result: UnitResult;
  /** It has rows in the open batch, so the result holds once that is committed. */
  readonly stored: boolean;
  readonly profileName: string;
  readonly decompressedBytes: number;
  readonly samples: number;
  readonly sampleBytes: number | undefined;
  readonly workMs: number;
}
