import { Code, ConnectError } from "@connectrpc/connect";
import { EngineError } from "../store/engine.ts";
import { QueryError, type QueryErrorCode, TIMED_OUT } from "./query-error.ts";

/** The error a client gets for what went wrong in a query; what is no error of a query stays as it is. */
export function toConnectError(error: unknown): unknown {
  if (error instanceof QueryError) {
    return new ConnectError(error.message, codes[error.code], undefined, undefined, error);
  }
  if (error instanceof EngineError) {
    const known = engineAnswers[error.code];
    if (known !== undefined)
      return new ConnectError(known[1], known[0], undefined, undefined, error);
    // The expressions that our own check lets through and RE2 refuses all the same, such as an unknown \p{Class}.
    if (/CANNOT_COMPILE_REGEXP/.test(error.message)) {
      return new ConnectError("error parsing regexp: not supported by RE2", Code.InvalidArgument);
    }
    return error;
  }
  if (error instanceof Error && error.name === "AbortError") {
    return new ConnectError(CANCELED, Code.Canceled, undefined, undefined, error);
  }
  return error;
}

const CANCELED = "the request was cancelled by the client";

const codes: Readonly<Record<QueryErrorCode, Code>> = {
  invalid_argument: Code.InvalidArgument,
  unimplemented: Code.Unimplemented,
  resource_exhausted: Code.ResourceExhausted,
  deadline_exceeded: Code.DeadlineExceeded,
  canceled: Code.Canceled,
  unavailable: Code.Unavailable,
};

const engineAnswers: Readonly<Record<string, readonly [Code, string]>> = {
  cancelled: [Code.Canceled, CANCELED],
  timeout: [Code.DeadlineExceeded, TIMED_OUT],
  memory: [
    Code.ResourceExhausted,
    "the query needs more memory than a query may take, decrease the duration of the request or add more label matchers",
  ],
  closed: [Code.Unavailable, "the server is shutting down"],
};
