import { Code, ConnectError } from "@connectrpc/connect";

const COMPRESSED = 0x01;
const TRAILER = 0x80;
/** Flags and length before each message. */
export const FRAME_HEADER_BYTES = 5;

/** The one message of a unary gRPC request: a view into the body. */
export interface Frame {
  readonly compressed: boolean;
  readonly message: Uint8Array;
}

/**
 * Takes the message out of a unary request's body, without copying.
 *
 * @throws ConnectError `invalid_argument` when the frame is cut short, `unimplemented` for a missing or second message
 */
export function parseFrame(body: Uint8Array): Frame {
  if (body.length === 0) {
    throw new ConnectError("unary request has zero messages", Code.Unimplemented);
  }
  if (body.length < FRAME_HEADER_BYTES) {
    throw new ConnectError(
      "protocol error: incomplete envelope: unexpected EOF",
      Code.InvalidArgument,
    );
  }
  const length = new DataView(body.buffer, body.byteOffset, body.byteLength).getUint32(1);
  const message = body.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + length);
  if (message.length < length) {
    throw new ConnectError(
      `protocol error: promised ${length} bytes in enveloped message, got ${message.length} bytes`,
      Code.InvalidArgument,
    );
  }
  if (body.length > FRAME_HEADER_BYTES + length) {
    throw new ConnectError("unary request has multiple messages", Code.Unimplemented);
  }
  return { compressed: (body[0]! & COMPRESSED) !== 0, message };
}

/** One gRPC frame around a message. */
export function encodeFrame(message: Uint8Array, compressed: boolean): Uint8Array {
  return frame(compressed ? COMPRESSED : 0, message);
}

/** The frame that ends a gRPC-Web answer: trailers as text. */
export function encodeTrailerFrame(trailers: Readonly<Record<string, string>>): Uint8Array {
  const lines = Object.entries(trailers).map(([name, value]) => `${name}: ${value}\r\n`);
  return frame(TRAILER, Buffer.from(lines.join(""), "latin1"));
}

function frame(flags: number, payload: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  bytes[0] = flags;
  bytes.writeUInt32BE(payload.length, 1);
  bytes.set(payload, FRAME_HEADER_BYTES);
  return bytes;
}
