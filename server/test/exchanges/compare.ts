import { gunzipSync } from "node:zlib";
import { type DescMessage, fromBinary, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { Health, ProfileSchema, PusherService, QuerierService } from "@pyrospan/wire";
import { contentOf, type RawResponse } from "../raw-http.ts";
import { type Exchange, fillTimes } from "./exchange.ts";
import { profileFacts } from "./profile-facts.ts";

const services = [PusherService, QuerierService, Health];

/**
 * What is different between the original's answer and ours; undefined when they say the same.
 *
 * Compared are status, media type, `Allow` and `Accept-Post`, gRPC status and message, and the body: JSON and protobuf
 * by content, pprof by its samples, label sets of Series in any order, everything else byte for byte. `tree` beside a
 * flame graph is left out of the comparison: it repeats the flame graph. Texts of the JSON and protobuf libraries are
 * compared up to their first colon. Random ids are paired with ours in `ids`, for later requests that carry them.
 */
export function difference(
  exchange: Exchange,
  ours: RawResponse,
  baseMs: number,
  ids: Map<string, string>,
): string | undefined {
  const head = headDifference(exchange, ours);
  if (head) return `${head}; we say ${shortText(ours)}`;
  if (exchange.varies === "the answer covers everything stored before" && exchange.status === 200) {
    return undefined;
  }
  if (exchange.varies?.startsWith("a page with clocks")) return undefined;
  const expected = decoded(exchange, recordedBody(exchange, baseMs), exchange.response_headers);
  let actual: JsonValue;
  try {
    actual = decoded(exchange, contentOf(ours), ours.headers);
  } catch (error) {
    return `our answer cannot be read (${error}): ${shortText(ours)}`;
  }
  if (exchange.truncated && typeof expected === "string" && typeof actual === "string") {
    return expected === actual.slice(0, expected.length) &&
      Buffer.byteLength(actual) === exchange.response_bytes
      ? undefined
      : `expected ${exchange.response_bytes} bytes that begin ${expected}, got ${actual}`;
  }
  pairIds(expected, actual, ids);
  const [left, right] = [comparable(expected), comparable(actual)];
  return left === right ? undefined : `expected ${left}\n     got ${right}`;
}

function headDifference(exchange: Exchange, ours: RawResponse): string | undefined {
  if (ours.status !== exchange.status)
    return `expected status ${exchange.status}, got ${ours.status}`;
  const theirs = exchange.response_headers;
  const type = mediaType(theirs["content-type"]);
  if (type !== undefined && mediaType(ours.headers["content-type"]) !== type) {
    return `expected content type ${type}, got ${ours.headers["content-type"]}`;
  }
  for (const name of ["allow", "accept-post"]) {
    const [left, right] = [wordsOf(theirs[name]), wordsOf(ours.headers[name])];
    if (left !== right) return `expected ${name}: ${left}, got ${right}`;
  }
  for (const name of ["grpc-status", "grpc-message"]) {
    const left = exchange.response_trailers?.[name] ?? theirs[name] ?? "";
    // The recorder did not see trailers of HTTP/1.1.
    if (!exchange.http && left === "") continue;
    const right = ours.trailers[name] ?? ours.headers[name] ?? "";
    if (decodeURIComponent(left) !== decodeURIComponent(right)) {
      return `expected ${name}: ${left}, got ${right}`;
    }
  }
  return undefined;
}

function recordedBody(exchange: Exchange, baseMs: number): Uint8Array {
  if (exchange.response_body_base64 === undefined) {
    return Buffer.from(fillTimes(exchange.response_body_text ?? "", baseMs));
  }
  const bytes = Buffer.from(exchange.response_body_base64, "base64");
  const gzip = exchange.response_headers["content-encoding"] === "gzip";
  return gzip && !exchange.truncated ? gunzipSync(bytes) : bytes;
}

/** Content of a body: JSON values for JSON and protobuf, the text for everything else. */
function decoded(
  exchange: Exchange,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
): JsonValue {
  const type = mediaType(headers["content-type"]) ?? "";
  const text = Buffer.from(body).toString("utf8");
  if (exchange.truncated) return text;
  const output = outputOf(exchange.path);
  if (type === "application/json" && !exchange.path.includes("/ingest")) {
    return fromServer(output, JSON.parse(text) as JsonValue);
  }
  if (output && (type === "application/proto" || type.startsWith("application/grpc"))) {
    const messages = type === "application/proto" ? [body] : grpcMessages(body);
    return messages.map((message) =>
      fromServer(
        output,
        type.endsWith("+json")
          ? JSON.parse(Buffer.from(message).toString("utf8"))
          : toJson(output, fromBinary(output, message)),
      ),
    );
  }
  return text;
}

function fromServer(output: DescMessage | undefined, value: JsonValue): JsonValue {
  if (!isObject(value)) return value;
  if ("code" in value && "message" in value) {
    const message = String(value.message);
    return {
      ...value,
      message: message.startsWith("unmarshal message:") ? "unmarshal message:" : message,
    };
  }
  if (output === ProfileSchema) return profileFacts(fromJson(ProfileSchema, value));
  if (output?.name === "SeriesResponse" && Array.isArray(value.labelsSet)) {
    const sets = value.labelsSet.map((set) => JSON.stringify(sortedKeys(set)));
    return { labelsSet: sets.sort() };
  }
  const result = { ...value };
  if (isObject(result.pprof) && isObject(result.pprof.profile)) {
    result.pprof = profileFacts(fromJson(ProfileSchema, result.pprof.profile));
  }
  if ("flamegraph" in result) delete result.tree;
  return result;
}

function outputOf(path: string): DescMessage | undefined {
  for (const service of services) {
    for (const method of service.methods) {
      if (path === `/${service.typeName}/${method.name}`) return method.output;
    }
  }
  return undefined;
}

/** Messages of a gRPC or gRPC-Web body; trailer frames are left out. */
function grpcMessages(body: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let at = 0; at < body.length; ) {
    const flags = body[at]!;
    const length = view.getUint32(at + 1);
    const message = body.subarray(at + 5, at + 5 + length);
    if ((flags & 0x80) === 0) messages.push(flags & 1 ? gunzipSync(message) : message);
    at += 5 + length;
  }
  return messages;
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

function pairIds(expected: JsonValue, actual: JsonValue, ids: Map<string, string>): void {
  const theirs = JSON.stringify(sortedKeys(expected)).match(uuid) ?? [];
  const mine = JSON.stringify(sortedKeys(actual)).match(uuid) ?? [];
  for (let i = 0; i < Math.min(theirs.length, mine.length); i++) ids.set(theirs[i]!, mine[i]!);
}

/** Random ids and the times of the run itself are left open. */
function comparable(value: JsonValue): string {
  return JSON.stringify(sortedKeys(value))
    .replace(uuid, "<id>")
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC/g, "<time>")
    .replace(/Time: [^\\]+\(UTC\)/g, "Time: <time>")
    .replace(/actual: \d+h\d+m\d+\.\d+s/g, "actual: <duration>");
}

function sortedKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortedKeys(value[key]!)]),
  );
}

function isObject(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mediaType(header: string | undefined): string | undefined {
  return header?.replace(/;.*/, "").trim().toLowerCase();
}

function wordsOf(header: string | undefined): string {
  return (header ?? "")
    .split(",")
    .map((word) => word.trim())
    .sort()
    .join(", ");
}

function shortText(response: RawResponse): string {
  return Buffer.from(contentOf(response)).toString("utf8").slice(0, 300);
}
