import { inflate } from "./inflate.ts";
import type { UnitResult } from "./ingester.ts";
import type { Job, UnitOutcome } from "./messages.ts";
import { Refusal } from "./refusal.ts";
import { siBytes } from "./sizes.ts";
import { storeUnit, type UnitProgress, type WorkerState } from "./store-unit.ts";

/**
 * Takes the units of one request into the open batch. All are inflated before any is stored: when together they are
 * above the limit of a request's body, none is.
 */
export function runJob(state: WorkerState, job: Job, clock: () => number): UnitOutcome[] {
  const started = performance.now();
  const payloads = inflateAll(job);
  const inflateMs = (performance.now() - started) / job.units.length;
  const sizes = payloads.map((payload) => (payload instanceof Uint8Array ? payload.length : 0));
  const limit = bodyLimit(job);
  const tooMuch = limit > 0 && sizes.reduce((sum, size) => sum + size, 0) > limit;
  const outcomes = job.units.map((unit, i) => {
    const begin = performance.now();
    const progress: UnitProgress = {
      sizeBytes: sizes[i]!,
      samples: 0,
      sampleBytes: undefined,
      profileName: "",
    };
    let rows = 0;
    let result: UnitResult;
    try {
      if (tooMuch) throw bodyTooLarge(limit);
      const payload = payloads[i]!;
      if (payload instanceof Refusal) throw payload;
      rows = storeUnit(state, job, unit, payload, clock(), progress);
      result = { ok: true, sizeBytes: progress.sizeBytes };
    } catch (error) {
      const { sizeBytes } = progress;
      result = error instanceof Refusal ? refused(error, sizeBytes) : fault(error, sizeBytes);
    }
    return {
      result,
      stored: rows > 0,
      profileName: progress.profileName,
      decompressedBytes: sizes[i]!,
      samples: progress.samples,
      sampleBytes: progress.sampleBytes,
      workMs: inflateMs + performance.now() - begin,
    };
  });
  const { batch } = state;
  if (batch.sampleCount === 0 && batch.symbols.bytes > MAX_UNUSED_SYMBOL_BYTES) forget(state);
  return outcomes;
}

/** Drops the open batch and forgets all numbers, which rest on rows of the batch. */
export function forget(state: WorkerState): void {
  state.batch.clear();
  state.partitions.clear();
  state.resolver.clear();
}

/**
 * Profiles may be refused after their symbols have become rows. Those wait for a batch, and none is written while
 * nothing is stored.
 */
const MAX_UNUSED_SYMBOL_BYTES = 16 * 1024 * 1024;

/** The sum of uncompressed sizes is limited for the Push API only; 0 = no limit. */
function bodyLimit({ units, limits }: Job): number {
  return units.some(({ source }) => source === "push") ? limits.ingestionBodyBytes : 0;
}

/** Stops inflating once the request is known to be too large. */
function inflateAll(job: Job): (Uint8Array | Refusal)[] {
  const limit = bodyLimit(job);
  let total = 0;
  let from = 0;
  return job.units.map((unit, i) => {
    const to = job.ends[i]!;
    const payload = job.data.subarray(from, to);
    from = to;
    if (limit > 0 && total > limit) return bodyTooLarge(limit);
    try {
      const bytes = inflate(payload, job.limits.maxProfileSizeBytes, unit.source);
      total += bytes.length;
      return bytes;
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  });
}

function bodyTooLarge(limit: number): Refusal {
  return new Refusal(
    `uncompressed batched profile payload size exceeds limit of ${siBytes(limit)}`,
    {
      reason: "body_size_limit_exceeded",
      stage: "decode",
    },
  );
}

/** A fault of ours: the client gets to know no more of it than the message. */
function fault(error: unknown, sizeBytes: number): UnitResult {
  return {
    ok: false,
    code: "internal",
    reason: "unknown",
    message: "internal error",
    cause: plainError(error),
    sizeBytes,
    stage: "push",
  };
}

/** An error with nothing in it that could not be sent from one thread to another. */
function plainError(error: unknown): Error {
  const plain = new Error(error instanceof Error ? error.message : String(error));
  if (error instanceof Error && error.stack !== undefined) plain.stack = error.stack;
  return plain;
}

function refused(refusal: Refusal, sizeBytes: number): UnitResult {
  const { code, reason, message, stage, retryAfterSeconds } = refusal;
  return {
    ok: false,
    code,
    reason,
    message,
    sizeBytes,
    stage,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}
