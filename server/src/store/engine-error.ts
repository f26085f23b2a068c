/** Why a statement failed. Callers branch on this, never on the message. */
export type EngineErrorCode =
  | "cancelled"
  | "timeout"
  | "memory"
  | "disk_full"
  | "closed"
  | "busy_directory"
  | "wrong_version"
  | "failed";

/** A statement that did not succeed, or a store that could not be opened. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(`[${code}] ${message}`, options);
    this.code = code;
  }
}
