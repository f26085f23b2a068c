/** Why a request body was not read: closed set, each with its own answer. */
export type BodyErrorCode = "too_large" | "busy" | "timeout" | "aborted";

/** A request body that was not read to its end. */
export class BodyError extends Error {
  readonly code: BodyErrorCode;
  /** Bytes the client announced or sent so far; for `too_large` the whole size where it is known. */
  readonly size: number;

  constructor(code: BodyErrorCode, message: string, size: number, options?: ErrorOptions) {
    super(message, options);
    this.name = "BodyError";
    this.code = code;
    this.size = size;
  }
}

/**
 * Bytes of request bodies and of what they inflate to in memory, over all requests. What does not fit now is refused
 * as `busy`, so that many clients at once cannot use more memory than configured.
 */
export class BodyBudget {
  private used = 0;
  readonly limit: number;

  constructor(limitBytes: number) {
    this.limit = limitBytes;
  }

  get usedBytes(): number {
    return this.used;
  }

  /** Takes `bytes` if there is room. */
  take(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}
