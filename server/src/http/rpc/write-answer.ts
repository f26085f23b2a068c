import type { IncomingMessage, ServerResponse } from "node:http";
import type { ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus, codeToString } from "@connectrpc/connect/protocol-connect";
import { acceptsGzip } from "../accept-encoding.ts";
import { errorJson } from "../error-codes.ts";
import { gzipMessage } from "../gzip.ts";
import { encodeFrame, encodeTrailerFrame } from "./envelope.ts";
import type { WireFormat } from "./protocol.ts";

/** What a unary method ended with. */
export type Answer =
  | { readonly kind: "message"; readonly message: Uint8Array }
  | { readonly kind: "error"; readonly error: ConnectError };

/** Smaller answers are sent as they are: gzip would make most of them bigger. */
const MIN_COMPRESSED_BYTES = 512;

/** The request that is answered, and what its answer is written to. */
export interface Exchange {
  readonly format: WireFormat;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Headers that the method set. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Writes the answer in the protocol of the request, compressed when the client takes it. */
export async function writeAnswer(answer: Answer, exchange: Exchange): Promise<void> {
  if (exchange.format.protocol === "connect") await writeConnect(answer, exchange);
  else await writeGrpc(answer, exchange);
}

async function writeConnect(answer: Answer, exchange: Exchange): Promise<void> {
  const { format, request, response, headers } = exchange;
  const out: Record<string, string> = { ...headers, "accept-encoding": "gzip" };
  let status = 200;
  let body: Uint8Array;
  if (answer.kind === "message") {
    out["content-type"] = format.contentType;
    body = answer.message;
  } else {
    const { error } = answer;
    error.metadata.forEach((value, name) => {
      out[name] = value;
    });
    out["content-type"] = "application/json";
    status = codeToHttpStatus(error.code);
    body = Buffer.from(errorJson(codeToString(error.code), error.rawMessage), "utf8");
  }
  if (
    body.length >= MIN_COMPRESSED_BYTES &&
    takesGzip(request, "content-encoding", "accept-encoding")
  ) {
    body = await gzipMessage(body);
    out["content-encoding"] = "gzip";
  }
  out["content-length"] = String(body.length);
  response.writeHead(status, out);
  response.end(body);
}

async function writeGrpc(answer: Answer, exchange: Exchange): Promise<void> {
  const { format, request, response, headers } = exchange;
  const out: Record<string, string> = {
    ...headers,
    "content-type": format.contentType,
    "grpc-accept-encoding": "gzip",
  };
  const trailers = statusTrailers(answer);
  const frames: Uint8Array[] = [];
  if (answer.kind === "message") {
    const compress =
      answer.message.length >= MIN_COMPRESSED_BYTES &&
      takesGzip(request, "grpc-encoding", "grpc-accept-encoding");
    if (compress) out["grpc-encoding"] = "gzip";
    frames.push(
      encodeFrame(compress ? await gzipMessage(answer.message) : answer.message, compress),
    );
  }

  if (format.protocol === "grpc-web") {
    if (answer.kind === "error") Object.assign(out, trailers);
    else frames.push(encodeTrailerFrame(trailers));
    const body = Buffer.concat(frames);
    response.writeHead(200, { ...out, "content-length": String(body.length) });
    response.end(body);
    return;
  }
  // HTTP/1.1 has trailers only in chunked answers that announce them.
  if (request.httpVersionMajor === 1) out.trailer = "Grpc-Status, Grpc-Message";
  response.writeHead(200, out);
  for (const frame of frames) response.write(frame);
  response.addTrailers(trailers);
  response.end();
}

function statusTrailers(answer: Answer): Record<string, string> {
  if (answer.kind === "message") return { "grpc-status": "0" };
  const { error } = answer;
  const trailers: Record<string, string> = {};
  error.metadata.forEach((value, name) => {
    trailers[name] = value;
  });
  trailers["grpc-status"] = String(error.code);
  trailers["grpc-message"] = percentEncode(error.rawMessage);
  return trailers;
}

/** The encoding of `grpc-message`: printable ASCII but `%` stays, every other byte of the UTF-8 text is `%XX`. */
function percentEncode(text: string): string {
  return text.replace(/[^ -$&-~]+/gu, (part) => {
    let out = "";
    for (const byte of Buffer.from(part, "utf8")) {
      out += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    }
    return out;
  });
}

/** True when the client lists gzip, or lists nothing and compressed its own message. */
function takesGzip(request: IncomingMessage, sent: string, accepted: string): boolean {
  const list = request.headers[accepted];
  if (list === undefined || list === "") return request.headers[sent] === "gzip";
  return acceptsGzip(list);
}
