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

/** For statements that come after `close`. */
export function closedError(): EngineError {
  return new EngineError("closed", "the store is closed");
}

/** For statements that were ended before their time, by the caller or the time limit. */
export function endedError(code: EngineErrorCode, cause?: unknown): EngineError {
  return new EngineError(
    code,
    code === "timeout" ? "the time limit was reached" : "the caller left",
    {
      cause,
    },
  );
}

/** Error numbers of the engine that callers tell apart. */
const codesByNumber: Readonly<Record<string, EngineErrorCode>> = {
  "159": "timeout",
  "241": "memory",
  "243": "disk_full",
  "394": "cancelled",
};

/** What the engine's bindings threw, with the code by which callers tell failures apart. */
export function toEngineError(error: unknown): EngineError {
  const message = error instanceof Error ? error.message : String(error);
  const number = /Code: (\d+)\./.exec(message)?.[1] ?? "";
  const code = /No space left on device/.test(message) ? "disk_full" : codesByNumber[number];
  return new EngineError(code ?? "failed", message, { cause: error });
}
