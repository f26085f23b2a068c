import type { IncomingMessage } from "node:http";
import { BodyError } from "./body-budget.ts";
import { type Body, DRAIN_BYTES, type MessageLimits, MessagePieces } from "./message-pieces.ts";

/** What {@link readBody} allows. */
export interface ReadBodyOptions extends MessageLimits {
  /** For the whole body; 0 = no limit. */
  readonly timeoutMs: number;
}

/**
 * Reads a whole request body. A body that is refused is read on and thrown away up to {@link DRAIN_BYTES}, so that
 * the client can read the answer and its size is known.
 *
 * @throws BodyError
 */
export function readBody(request: IncomingMessage, options: ReadBodyOptions): Promise<Body> {
  return new Promise((resolve, reject) => {
    const pieces = new MessagePieces(options);
    const announced = announcedBytes(request);
    let timer: NodeJS.Timeout | undefined;
    const finish = (error?: BodyError) => {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
      if (error === undefined) return;
      pieces.release();
      // Keeps the stream flowing: HTTP/1.1 cannot answer well over an unread body, HTTP/2 would hold its window.
      request.on("error", () => {});
      request.resume();
      reject(error);
    };
    const refuseLong = () => {
      if (pieces.isLong(announced) || pieces.isLong()) finish(pieces.error(announced));
    };
    const onData = (chunk: Uint8Array) => {
      pieces.add(chunk);
      refuseLong();
    };
    const onEnd = () => {
      if (pieces.isRefused) return finish(pieces.error());
      finish();
      resolve(pieces.finish());
    };
    const onError = (cause?: Error) => {
      const options = cause === undefined ? undefined : { cause };
      const text = "the request body broke off";
      finish(new BodyError("aborted", text, pieces.receivedBytes, options));
    };
    const onClose = () => onError();
    request.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
    if (options.timeoutMs > 0) {
      timer = setTimeout(() => {
        const text = "the request body took too long";
        finish(new BodyError("timeout", text, pieces.receivedBytes));
      }, options.timeoutMs);
    }
    pieces.announce(announced);
    refuseLong();
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
