import { once } from "node:events";
import { Agent, request as http1Request, type IncomingHttpHeaders } from "node:http";
import {
  type ClientHttp2Session,
  connect,
  type IncomingHttpHeaders as Http2Headers,
} from "node:http2";
import { gunzipSync } from "node:zlib";

/** A request exactly as it goes out: no header is added but what HTTP itself needs. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** An answer as it came in. Header names are lower case; `body` is still compressed, see {@link contentOf}. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly trailers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Sends requests to one server, over HTTP/1.1 and over HTTP/2 with prior knowledge. */
export class RawClient {
  private readonly url: string;
  private readonly agent: Agent = new Agent({ keepAlive: true });
  private session: ClientHttp2Session | undefined;

  constructor(url: string) {
    this.url = url;
  }

  async http1(request: RawRequest): Promise<RawResponse> {
    const { hostname, port } = new URL(this.url);
    const body = request.body ?? new Uint8Array();
    const outgoing = http1Request({
      hostname,
      port,
      agent: this.agent,
      method: request.method,
      path: request.path,
      headers: {
        ...request.headers,
        ...(request.method === "POST" || body.length > 0
          ? { "Content-Length": String(body.length) }
          : {}),
      },
    });
    outgoing.end(body);
    const [incoming] = await once(outgoing, "response");
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    return {
      status: incoming.statusCode,
      headers: plainHeaders(incoming.headers),
      trailers: plainHeaders(incoming.trailers),
      body: Buffer.concat(chunks),
    };
  }

  async http2(request: RawRequest): Promise<RawResponse> {
    if (this.session === undefined || this.session.destroyed) this.session = connect(this.url);
    const stream = this.session.request({
      ...request.headers,
      ":method": request.method,
      ":path": request.path,
    });
    let trailers: Http2Headers = {};
    stream.on("trailers", (received: Http2Headers) => {
      trailers = received;
    });
    stream.end(request.body ?? new Uint8Array());
    const [headers] = (await once(stream, "response")) as [Http2Headers];
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return {
      status: Number(headers[":status"]),
      headers: plainHeaders(headers),
      trailers: plainHeaders(trailers),
      body: Buffer.concat(chunks),
    };
  }

  close(): void {
    this.agent.destroy();
    this.session?.destroy();
  }
}

/** Body of an answer with its `Content-Encoding` undone. */
export function contentOf(response: RawResponse): Uint8Array {
  return response.headers["content-encoding"] === "gzip"
    ? gunzipSync(response.body)
    : response.body;
}

function plainHeaders(headers: IncomingHttpHeaders | Http2Headers): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(":")) continue;
    plain[name] = Array.isArray(value) ? value.join(", ") : String(value);
  }
  return plain;
}
