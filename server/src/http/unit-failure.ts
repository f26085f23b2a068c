import { Code, ConnectError } from "@connectrpc/connect";
import type { UnitResult } from "../ingest/ingester.ts";

/** A unit that was not stored. */
export type UnitFailure = Extract<UnitResult, { ok: false }>;

/**
 * The failure that decides a request's answer: the first one after decoding, else the first one. So a client whose
 * labels are wrong hears of the labels even when another profile of the request is broken.
 */
export function firstFailure(results: readonly UnitResult[]): UnitFailure | undefined {
  let first: UnitFailure | undefined;
  for (const result of results) {
    if (result.ok) continue;
    if (result.stage === "push") return result;
    first ??= result;
  }
  return first;
}

/** The error of a failed unit, with `Retry-After` where trying again makes sense. */
export function unitError(failure: UnitFailure): ConnectError {
  const seconds = retryAfterOf(failure);
  const headers = seconds === undefined ? undefined : { "retry-after": seconds };
  return new ConnectError(failure.message, CODES[failure.code], headers);
}

/** The value of `Retry-After`, or undefined where trying again is no use. */
export function retryAfterOf({ retryAfterSeconds }: UnitFailure): string | undefined {
  return retryAfterSeconds === undefined ? undefined : String(Math.ceil(retryAfterSeconds));
}

const CODES: Readonly<Record<UnitFailure["code"], Code>> = {
  invalid_argument: Code.InvalidArgument,
  resource_exhausted: Code.ResourceExhausted,
  unavailable: Code.Unavailable,
  internal: Code.Internal,
};
