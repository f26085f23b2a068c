/** What the plain routes write beside an HTTP status; Connect services use the Connect protocol's own statuses. */
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
