import { promisify } from "node:util";
import zlib from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Body, type MessageLimits, MessagePieces } from "./message-pieces.ts";

const gzipAsync = promisify(zlib.gzip);

/**
 * Inflates a message piece by piece, so that what it grows to is bounded while it grows. An empty input is an empty
 * message.
 *
 * @throws BodyError above the limits, ConnectError `invalid_argument` when it is not gzip
 */
export function gunzipMessage(bytes: Uint8Array, limits: MessageLimits): Promise<Body> {
  const pieces = new MessagePieces(limits);
  if (bytes.length === 0) return Promise.resolve(pieces.finish());
  return new Promise((resolve, reject) => {
    const stream = zlib.createGunzip();
    let fault: Error | undefined;
    stream.on("data", (chunk: Uint8Array) => {
      pieces.add(chunk);
      // Busy is busy however large the message is; of one that is too large the size is counted for a while.
      if (pieces.isLong() || pieces.isBusy) stream.destroy();
    });
    stream.on("error", (error) => {
      fault = error;
    });
    stream.on("close", () => {
      if (pieces.isRefused) return reject(pieces.error());
      if (fault === undefined) return resolve(pieces.finish());
      pieces.release();
      reject(describe(fault, bytes));
    });
    stream.end(bytes);
  });
}

/**
 * Answers up to this size are compressed at once, in half a millisecond at most: the way to another thread and back takes
 * two turns of the event loop, which for one answer in a hundred was 20 ms under a saturated load.
 */
const MAX_BYTES_AT_ONCE = 32 * 1024;

/** Compresses an answer. Level 1: answers of a few kilobytes, made per request, cost less than they save. */
export async function gzipMessage(bytes: Uint8Array): Promise<Uint8Array> {
  const options = { level: 1 };
  return bytes.length <= MAX_BYTES_AT_ONCE
    ? zlib.gzipSync(bytes, options)
    : await gzipAsync(bytes, options);
}

function describe(error: Error, bytes: Uint8Array): ConnectError {
  if (bytes.length < 10 || bytes[0] !== 0x1f || bytes[1] !== 0x8b) {
    return new ConnectError("get decompressor: gzip: invalid header", Code.InvalidArgument);
  }
  const isCut = "code" in error && error.code === "Z_BUF_ERROR";
  const text = isCut ? "unexpected EOF" : "gzip: invalid checksum";
  return new ConnectError(`decompress: ${text}`, Code.InvalidArgument, undefined, undefined, error);
}
