import type { IncomingMessage } from "node:http";

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
 * Bytes of request bodies in memory, over all requests. Bodies past the limit are refused as `busy`, so that many
 * clients at once cannot use more memory than configured.
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
    if (this.used + bytes > this.limit && this.used > 0) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}

/** What {@link readBody} allows. */
export interface ReadBodyOptions {
  /** Most bytes of the message; 0 = no limit of its own. */
  readonly maxBytes: number;
  /** Bytes around the message that do not count. Default 0. */
  readonly framingBytes?: number;
  /** For the whole body; 0 = no limit. */
  readonly timeoutMs: number;
  readonly budget: BodyBudget;
  /** Told of the bytes of each piece that is kept. */
  readonly onReceived?: (bytes: number) => void;
}

/** A body in memory. Call `release` when its bytes are no longer held. */
export interface Body {
  readonly bytes: Uint8Array;
  release(): void;
}

/**
 * Reads a whole request body. A body that is too large is read on and thrown away up to {@link DRAIN_BYTES}, so that
 * the client can read the answer and its size is known.
 *
 * @throws BodyError
 */
export function readBody(request: IncomingMessage, options: ReadBodyOptions): Promise<Body> {
  const { budget, framingBytes = 0 } = options;
  const maxBytes = options.maxBytes === 0 ? 0 : options.maxBytes + framingBytes;
  const refusal = (code: BodyErrorCode, size: number) => {
    return bodyRefusal(code, size - framingBytes, options.maxBytes);
  };
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    let held = 0;
    let refused: BodyErrorCode | undefined;
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      budget.give(held);
    };
    let timer: NodeJS.Timeout | undefined;
    if (options.timeoutMs > 0) {
      timer = setTimeout(() => {
        finish(new BodyError("timeout", "the request body took too long", size));
      }, options.timeoutMs);
    }

    const finish = (error?: BodyError) => {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
      if (error === undefined) return;
      release();
      // Keeps the stream flowing: HTTP/1.1 cannot answer well over an unread body, HTTP/2 would hold its window.
      request.on("error", () => {});
      request.resume();
      reject(error);
    };
    const refuse = (code: BodyErrorCode) => {
      refused = code;
      chunks.length = 0;
      const announced = Number(request.headers["content-length"] ?? Number.NaN);
      if (announced >= size && announced - size > DRAIN_BYTES) {
        finish(refusal(code, announced));
      }
    };
    const onData = (chunk: Uint8Array) => {
      size += chunk.length;
      if (refused !== undefined) {
        if (size > maxBytes + DRAIN_BYTES) finish(refusal(refused, size));
        return;
      }
      if (maxBytes > 0 && size > maxBytes) return refuse("too_large");
      if (!budget.take(chunk.length)) return refuse("busy");
      held += chunk.length;
      chunks.push(chunk);
      options.onReceived?.(chunk.length);
    };
    const onEnd = () => {
      if (refused !== undefined) return finish(refusal(refused, size));
      finish();
      resolve({ bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size), release });
    };
    const onError = (cause: Error) => {
      finish(new BodyError("aborted", "the request body broke off", size, { cause }));
    };
    const onClose = () => finish(new BodyError("aborted", "the request body broke off", size));
    request.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
  });
}

/**
 * Reads a body and throws it away, so that the connection can be used again after an answer that did not need it.
 * Resolves at its end; at once when it is longer than {@link DRAIN_BYTES}, as far as announced, or after so many bytes.
 */
export function discardBody(request: IncomingMessage, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    let size = 0;
    const onData = (chunk: Uint8Array) => {
      size += chunk.length;
      if (size > DRAIN_BYTES) finish();
    };
    const finish = () => {
      clearTimeout(timer);
      request.off("data", onData).off("end", finish).off("error", finish).off("close", finish);
      request.on("error", () => {});
      request.resume();
      resolve();
    };
    const timer = timeoutMs > 0 ? setTimeout(finish, timeoutMs) : undefined;
    if (announcedBytes(request) > DRAIN_BYTES) return finish();
    request.on("data", onData).on("end", finish).on("error", finish).on("close", finish);
  });
}

/** `Content-Length` of a request, 0 where it does not say. */
export function announcedBytes(request: IncomingMessage): number {
  return Number(request.headers["content-length"] ?? 0);
}

/** Most bytes that are read past a limit, only to be thrown away. */
export const DRAIN_BYTES: number = 16 * 1024 * 1024;

function bodyRefusal(code: BodyErrorCode, size: number, maxBytes: number): BodyError {
  const message =
    code === "too_large"
      ? `message size ${size} is larger than configured max ${maxBytes}`
      : "too many bytes of request bodies are in memory, try again later";
  return new BodyError(code, message, size);
}
