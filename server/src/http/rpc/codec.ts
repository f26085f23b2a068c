import {
  create,
  type DescMessage,
  fromBinary,
  fromJson,
  isMessage,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { checkJson } from "./check-json.ts";
import { checkBinaryParts } from "./message-parts.ts";

/**
 * Decodes a request message. Unknown fields and enum names are ignored.
 *
 * @throws ConnectError `invalid_argument`, its text beginning with `unmarshal message: `
 */
export function decodeMessage<D extends DescMessage>(
  desc: D,
  bytes: Uint8Array,
  binary: boolean,
): MessageShape<D> {
  try {
    if (binary) {
      checkBinaryParts(desc, bytes);
      return fromBinary(desc, bytes, { readUnknownFields: false });
    }
    return fromJson(desc, parseJson(bytes), { ignoreUnknownFields: true });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new ConnectError(
      `unmarshal message: ${text}`,
      Code.InvalidArgument,
      undefined,
      undefined,
      error,
    );
  }
}

/** Encodes an answer. JSON leaves out zero values and writes int64 as strings. */
export function encodeMessage<D extends DescMessage>(
  desc: D,
  init: MessageInitShape<D>,
  binary: boolean,
): Uint8Array {
  const message = isMessage(init, desc) ? init : create(desc, init);
  if (binary) return toBinary(desc, message as MessageShape<D>);
  return Buffer.from(toJsonString(desc, message as MessageShape<D>), "utf8");
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function parseJson(bytes: Uint8Array): JsonValue {
  if (bytes.length === 0) throw new Error("zero-length payload is not a valid JSON object");
  const text = utf8.decode(bytes);
  checkJson(text);
  const value = JSON.parse(text) as JsonValue;
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new Error("syntax error: the message is not a JSON object");
  }
  return value;
}
