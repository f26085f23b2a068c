import { Code, ConnectError } from "@connectrpc/connect";
import type { UnitResult } from "../ingest/ingester.ts";

/** A unit that was not stored. */
export type UnitFailure = Extract<UnitResult, { ok: false }>;

/**
 * The failure that decides a request's answer: a fault of ours, which is logged with the answer, else the first one
 * after decoding, else the first one. So a client whose labels are wrong hears of the labels even when another profile
 * of the request is broken.
 */
export function firstFailure(results: readonly UnitResult[]): UnitFailure | undefined {
  const failures = results.filter((result): result is UnitFailure => !result.ok);
  return (
    failures.find(({ code }) => code === "internal") ??
    failures.find(({ stage }) => stage === "push") ??
    failures[0]
  );
}

/** The error of a failed unit with its cause, and with `Retry-After` where trying again makes sense. */
export function unitError(failure: UnitFailure): ConnectError {
  const seconds = retryAfterOf(failure);
  const headers = seconds === undefined ? undefined : { "retry-after": seconds };
  return new ConnectError(failure.message, CODES[failure.code], headers, undefined, failure.cause);
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
