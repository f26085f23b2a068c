import { promisify } from "node:util";
import zlib from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import { DRAIN_BYTES } from "./body.ts";

const gunzipAsync = promisify(zlib.gunzip);
const gzipAsync = promisify(zlib.gzip);

/**
 * Inflates a message. An empty input is an empty message.
 *
 * @throws ConnectError `resource_exhausted` above `maxBytes` (0 = no limit), `invalid_argument` when it is not gzip
 */
export async function gunzipMessage(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  if (bytes.length === 0) return bytes;
  const limit = maxBytes === 0 ? MAX_OUTPUT_BYTES : maxBytes;
  try {
    return await gunzipAsync(bytes, { maxOutputLength: limit });
  } catch (error) {
    throw await describe(error, bytes, limit);
  }
}

/** Compresses an answer. Level 1: answers of a few kilobytes, made per request, cost less than they save. */
export function gzipMessage(bytes: Uint8Array): Promise<Uint8Array> {
  return gzipAsync(bytes, { level: 1 });
}

/** Without a limit of ours there is still one: nothing bigger fits into a Buffer's view on every platform. */
const MAX_OUTPUT_BYTES = 2 ** 31 - 1;

async function describe(error: unknown, bytes: Uint8Array, limit: number): Promise<ConnectError> {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ERR_BUFFER_TOO_LARGE") {
    const size = await sizeAbove(bytes, limit);
    return new ConnectError(
      `message size ${size} is larger than configured max ${limit}`,
      Code.ResourceExhausted,
    );
  }
  if (bytes.length < 10 || bytes[0] !== 0x1f || bytes[1] !== 0x8b) {
    return new ConnectError("get decompressor: gzip: invalid header", Code.InvalidArgument);
  }
  const text = code === "Z_BUF_ERROR" ? "unexpected EOF" : "gzip: invalid checksum";
  return new ConnectError(`decompress: ${text}`, Code.InvalidArgument, undefined, undefined, error);
}

/** Size of the inflated message, counted up to {@link DRAIN_BYTES} past the limit. */
function sizeAbove(bytes: Uint8Array, limit: number): Promise<number> {
  return new Promise((resolve) => {
    const stream = zlib.createGunzip();
    let size = 0;
    stream.on("data", (chunk: Uint8Array) => {
      size += chunk.length;
      if (size > limit + DRAIN_BYTES) stream.destroy();
    });
    stream.on("error", () => stream.destroy());
    stream.on("close", () => resolve(size));
    stream.end(bytes);
  });
}
