import { Code } from "@connectrpc/connect";

/**
 * The one table from what went wrong to what the wire says. Connect services use the Connect protocol's own HTTP
 * statuses; the plain routes use the two below.
 */
const STATUS_OF_CODE: Readonly<Record<Code, number>> = {
  [Code.Canceled]: 499,
  [Code.Unknown]: 500,
  [Code.InvalidArgument]: 400,
  [Code.DeadlineExceeded]: 504,
  [Code.NotFound]: 404,
  [Code.AlreadyExists]: 409,
  [Code.PermissionDenied]: 403,
  [Code.ResourceExhausted]: 429,
  [Code.FailedPrecondition]: 412,
  [Code.Aborted]: 409,
  [Code.OutOfRange]: 400,
  [Code.Unimplemented]: 404,
  [Code.Internal]: 500,
  [Code.Unavailable]: 503,
  [Code.DataLoss]: 500,
  [Code.Unauthenticated]: 401,
};

const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  400: "invalid_argument",
  401: "unauthenticated",
  403: "permission_denied",
  404: "unimplemented",
  412: "failed_precondition",
  413: "invalid_argument",
  429: "resource_exhausted",
  431: "resource_exhausted",
  499: "canceled",
  502: "unavailable",
  503: "unavailable",
  504: "deadline_exceeded",
};

/** HTTP status of a plain route for an error that has a Connect code. */
export function plainStatusOfCode(code: Code): number {
  return STATUS_OF_CODE[code];
}

/** The `code` string a plain route writes beside an HTTP status; `unknown` for those without one. */
export function codeOfPlainStatus(status: number): string {
  return CODE_OF_STATUS[status] ?? "unknown";
}

/** The JSON body of an error. `<`, `>` and `&` are escaped, so that a browser never takes it for HTML. */
export function errorJson(code: string, message: string): string {
  const text = message === "" ? JSON.stringify({ code }) : JSON.stringify({ code, message });
  return text.replace(/[<>&\u2028\u2029]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
