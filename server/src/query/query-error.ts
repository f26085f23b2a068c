/** What kind of refusal a query met; each has one Connect code of the same name. */
export type QueryErrorCode =
  | "invalid_argument"
  | "unimplemented"
  | "resource_exhausted"
  | "deadline_exceeded"
  | "canceled"
  | "unavailable";

/** A query that cannot be answered. The message is shown to users as it is. */
export class QueryError extends Error {
  readonly code: QueryErrorCode;
  constructor(code: QueryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "QueryError";
    this.code = code;
  }
}

/** Shorthand for the refusal of a request that cannot be answered as it stands. */
export function invalidArgument(message: string): QueryError {
  return new QueryError("invalid_argument", message);
}

/** What a query is told that took longer than it may. */
export const TIMED_OUT =
  "request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex match) to reduce the amount of data processed";
