import { randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import { toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { LabelValuesRequestSchema, QuerierService } from "@pyrospan/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tenantsKey, utf8LabelNamesKey } from "../../request-context.ts";
import { BodyBudget } from "../body-budget.ts";
import { createListener, type Listener } from "../listener.ts";
import { type RpcRoute, rpcRoutesOf } from "./route.ts";
import { serveUnary } from "./unary.ts";

const MAX_BYTES = 100_000;
const budget = new BodyBudget(10 * MAX_BYTES);
const logged: unknown[] = [];
const HOLD_MS = 20;
const PATH = "/querier.v1.QuerierService/LabelValues";

/** Answers with what it was told, or fails as its request asks. */
const routes = rpcRoutesOf(
  QuerierService,
  {
    labelValues: async (request, context) => {
      switch (request.name) {
        case "coded":
          throw new ConnectError("<no> & 100% é", Code.NotFound);
        case "bug":
          throw new TypeError("something of ours");
        case "coded bug":
          throw new ConnectError("something of ours", Code.Internal);
        case "stall":
        case "wait":
        case "late bug":
          return new Promise((_resolve, reject) => {
            context.signal.addEventListener("abort", () => {
              reject(request.name === "late bug" ? lateBug : context.signal.reason);
            });
            // It may come here late, when the next test waits already.
            if (request.name !== "stall") waiting.resolve(context.signal);
          });
        case "big":
          return { names: Array.from({ length: 1000 }, (_, i) => `value-${i}`) };
      }
      const tenants = context.values.get(tenantsKey).join("|");
      return { names: [request.name, tenants, String(context.values.get(utf8LabelNamesKey))] };
    },
  },
  { access: "read", maxMessageBytes: MAX_BYTES },
);
/** The same method, which turns requests away while `full` is set. */
const admitted: RpcRoute = {
  ...routes[0]!,
  path: `/admitted${PATH}`,
  admission: {
    refuse: (tenant, bytes) => {
      asked.push([tenant, bytes]);
      if (!full) return undefined;
      const headers = { "retry-after": "3" };
      const error = new ConnectError("come back later", Code.ResourceExhausted, headers);
      return { error, holdMs: HOLD_MS };
    },
    arrival: () => {
      arriving++;
      return {
        received: (bytes) => {
          received += bytes;
        },
        end: () => {
          arriving = 0;
        },
      };
    },
  },
};
let full = false;
const asked: [tenant: string, bytes: number][] = [];
let arriving = 0;
let received = 0;
let waiting = newWaiting();
const lateBug = new TypeError("something of ours, late");

function newWaiting() {
  let resolve: (signal: AbortSignal) => void = () => {};
  const promise = new Promise<AbortSignal>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

let listener: Listener;
let baseUrl: string;

beforeAll(async () => {
  listener = createListener(
    (request, response) => {
      const route = [...routes, admitted].find(({ path }) => path === request.url);
      if (route === undefined) {
        response.writeHead(404).end();
        return;
      }
      void serveUnary(route, request, response, {
        multitenancy: true,
        bodyTimeoutMs: 10_000,
        budget,
        onError: (error) => logged.push(error),
        requestId: "the-request",
        utf8LabelNames: true,
      });
    },
    {
      headersTimeoutMs: 10_000,
      requestTimeoutMs: 10_000,
      idleTimeoutMs: 10_000,
      maxHeaderBytes: 16_384,
      maxConnections: 0,
    },
  );
  listener.server.listen(0, "127.0.0.1");
  await once(listener.server, "listening");
  baseUrl = `http://127.0.0.1:${(listener.server.address() as AddressInfo).port}`;
});

afterAll(() => {
  listener.destroy();
  listener.server.close();
});

const gzip = { sendCompression: compressionGzip, compressMinBytes: 0 };
const transports: Record<string, (baseUrl: string) => Transport> = {
  "Connect over HTTP/1.1": (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" }),
  "Connect JSON": (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false }),
  "Connect over HTTP/2, gzip": (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: "2", ...gzip }),
  gRPC: (baseUrl) => createGrpcTransport({ baseUrl }),
  "gRPC, gzip": (baseUrl) => createGrpcTransport({ baseUrl, ...gzip }),
  "gRPC-Web over HTTP/1.1": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  "gRPC-Web over HTTP/2": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
};

describe.each(Object.entries(transports))("%s", (_name, transport) => {
  const headers = { "X-Scope-OrgID": "b|a" };
  const call = (name: string, options = {}) =>
    createClient(QuerierService, transport(baseUrl)).labelValues({ name }, { headers, ...options });
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: unknown) => ConnectError.from(error),
    );

  it("answers", async () => {
    expect((await call("plain")).names).toEqual(["plain", "a|b", "true"]);
    expect((await call("big")).names).toHaveLength(1000);
    expect((await call("x".repeat(90_000))).names[0]).toHaveLength(90_000);
  });

  it("passes coded errors on", async () => {
    const error = await failure(call("coded"));
    expect(error).toMatchObject({ code: Code.NotFound, rawMessage: "<no> & 100% é" });
  });

  it.each([
    ["bug", new TypeError("something of ours")],
    ["coded bug", new ConnectError("something of ours", Code.Internal)],
  ])("keeps the text of our own errors to the log: %s", async (name, cause) => {
    logged.length = 0;
    const error = await failure(call(name));
    expect(error).toMatchObject({
      code: Code.Internal,
      rawMessage: "internal error, request id the-request",
    });
    expect(logged).toEqual([cause]);
  });

  it("refuses who names no tenant", async () => {
    const error = await failure(call("plain", { headers: {} }));
    expect(error).toMatchObject({ code: Code.Unauthenticated, rawMessage: "no org id" });
  });

  it("turns away at the headers, not before the answer's time", async () => {
    full = true;
    const startedAt = performance.now();
    const turnedAway = createClient(QuerierService, transport(`${baseUrl}/admitted`)).labelValues(
      { name: "x".repeat(70_000) },
      { headers: { "X-Scope-OrgID": "a" } },
    );
    const error = await failure(turnedAway);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(HOLD_MS - 1);
    full = false;
    expect(error).toMatchObject({ code: Code.ResourceExhausted, rawMessage: "come back later" });
    expect(error?.metadata.get("retry-after")).toBe("3");
  });

  it("refuses messages above the limit", async () => {
    const error = await failure(call(randomBytes(MAX_BYTES).toString("hex")));
    expect(error?.code).toBe(Code.ResourceExhausted);
    expect(error?.rawMessage).toMatch(/^message size \d+ is larger than configured max 100000$/);
  });

  it("ends at the client's deadline", async () => {
    const error = await failure(call("stall", { timeoutMs: 20 }));
    expect(error?.code).toBe(Code.DeadlineExceeded);
  });

  it.each([
    ["wait", []],
    ["late bug", [lateBug]],
  ])(
    "tells the method when the client leaves, and logs what is our fault: %s",
    async (name, faults) => {
      logged.length = 0;
      waiting = newWaiting();
      const abort = new AbortController();
      const answer = failure(call(name, { signal: abort.signal }));
      const signal = await waiting.promise;
      const aborted = once(signal, "abort");
      abort.abort();
      await aborted;
      expect((await answer)?.code).toBe(Code.Canceled);
      await call("plain");
      expect(logged).toEqual(faults);
    },
  );

  it("holds no body once it answered", async () => {
    await call("plain");
    // Calls that the client gave up may still be ending.
    while (budget.usedBytes > 0) await new Promise((next) => setImmediate(next));
  });
});

describe("plain HTTP clients", () => {
  interface Reply {
    readonly status: number;
    readonly headers: http.IncomingHttpHeaders;
    readonly body: Buffer;
  }

  async function send(headers: Record<string, string>, body: Uint8Array | string): Promise<Reply> {
    const request = http.request(`${baseUrl}${PATH}`, {
      method: headers["x-method"] ?? "POST",
      headers: { "x-scope-orgid": "t", ...headers },
    });
    request.end(body);
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    const chunks = await response.toArray();
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: Buffer.concat(chunks as Buffer[]),
    };
  }
  const json = { "content-type": "application/json" };
  const proto = { "content-type": "application/proto" };

  it.each([
    ["an empty JSON body", json, "", 400, "unmarshal message: zero-length payload"],
    ["an array", json, "[]", 400, "unmarshal message: "],
    ["null", json, "null", 400, "unmarshal message: "],
    ["cut JSON", json, '{"name', 400, "unmarshal message: "],
    [
      "a field twice",
      json,
      '{"name":"a","name":"b"}',
      400,
      'unmarshal message: duplicate field "name"',
    ],
    ["half a number", json, '{"start":1.5}', 400, "unmarshal message: "],
    ["broken protobuf", proto, "\xff\xff", 400, "unmarshal message: "],
    [
      "an unknown encoding",
      { ...proto, "content-encoding": "br" },
      "abc",
      501,
      'unknown compression "br": supported encodings are gzip',
    ],
    [
      "broken gzip",
      { ...proto, "content-encoding": "gzip" },
      "abcdefghijklmnop",
      400,
      "get decompressor: gzip: invalid header",
    ],
    [
      "another protocol version",
      { ...json, "connect-protocol-version": "9" },
      "{}",
      400,
      'Connect-Protocol-Version must be "1": got "9"',
    ],
  ])("%s", async (_name, headers, body, status, message) => {
    const reply = await send(headers, Buffer.from(body, "latin1"));
    expect(reply.status).toBe(status);
    expect(reply.headers["content-type"]).toBe("application/json");
    const { message: text } = JSON.parse(reply.body.toString()) as { message: string };
    expect(text.startsWith(message)).toBe(true);
  });

  it("takes unknown fields, both spellings and numbers for int64", async () => {
    const body = '{"name":"n","start":1.0,"end":"2","whatever":{"x":[1]},"start_time":1}';
    expect((await send(json, body)).status).toBe(200);
  });

  it("escapes what a browser could take for HTML", async () => {
    const reply = await send(json, '{"name":"coded"}');
    expect(reply.body.toString()).toContain('"\\u003cno\\u003e \\u0026 100% é"');
  });

  it.each(["text/plain", "application/x-protobuf", "application/grpc-web-text", ""])(
    "refuses the content type %j and lists those it takes",
    async (type) => {
      const reply = await send(type === "" ? {} : { "content-type": type }, "{}");
      expect(reply.status).toBe(415);
      expect(reply.body).toHaveLength(0);
      expect(String(reply.headers["accept-post"]).split(", ")).toHaveLength(11);
    },
  );

  it("answers other methods with 405", async () => {
    for (const method of ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"]) {
      const reply = await send({ "x-method": method, ...json }, "");
      expect([reply.status, reply.headers.allow]).toEqual([405, "POST"]);
    }
  });

  it("compresses for clients that take gzip", async () => {
    const reply = await send(
      { ...json, "accept-encoding": "deflate, gzip;q=0.5" },
      '{"name":"big"}',
    );
    expect(reply.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(reply.body).toString()).toContain("value-999");
    const plain = await send({ ...json, "accept-encoding": "gzip;q=0" }, '{"name":"big"}');
    expect(plain.headers["content-encoding"]).toBeUndefined();
  });

  it("bounds what a small gzip body may grow to", async () => {
    const reply = await send(
      { ...proto, "content-encoding": "gzip" },
      gzipSync(Buffer.alloc(MAX_BYTES + 1)),
    );
    expect(reply.status).toBe(429);
    expect(reply.body.toString()).toContain(
      `message size ${MAX_BYTES + 1} is larger than configured max ${MAX_BYTES}`,
    );
  });

  it("ends a gRPC error over HTTP/1.1 with trailers", async () => {
    const request = http.request(`${baseUrl}${PATH}`, {
      method: "POST",
      headers: { "content-type": "application/grpc", "x-scope-orgid": "t" },
    });
    const message = toBinary(LabelValuesRequestSchema, {
      $typeName: "types.v1.LabelValuesRequest",
      name: "coded",
      matchers: [],
      start: 0n,
      end: 0n,
    });
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    request.end(Buffer.concat([head, message]));
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    expect(await response.toArray()).toEqual([]);
    expect(response.trailers).toEqual({
      "grpc-status": "5",
      "grpc-message": "<no> & 100%25 %C3%A9",
    });
  });

  it("uses the connection of a request that it turned away again, and reads what it lets in", async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async (name: string) => {
      const body = Buffer.from(JSON.stringify({ name }));
      const request = http.request(`${baseUrl}${admitted.path}`, {
        method: "POST",
        agent,
        headers: { ...json, "x-scope-orgid": "t", "content-length": body.length },
      });
      const half = body.length >> 1;
      request.write(body.subarray(0, half));
      setImmediate(() => request.end(body.subarray(half)));
      const [response] = (await once(request, "response")) as [http.IncomingMessage];
      await response.toArray();
      return [response.statusCode, response.headers["retry-after"], request.reusedSocket];
    };
    asked.length = 0;
    received = 0;
    full = true;
    expect(await ask("y".repeat(80_000))).toEqual([429, "3", false]);
    expect([asked, arriving, received]).toEqual([[["t", 80_011]], 0, 0]);
    full = false;
    expect(await ask("y".repeat(80_000))).toEqual([200, undefined, true]);
    expect([arriving, received]).toEqual([0, 80_011]);
    agent.destroy();
  });

  it("counts a compressed message once as received, and holds it no longer than it is read", async () => {
    const message = JSON.stringify({ name: "wait", matchers: ["z".repeat(50_000)] });
    const sent = gzipSync(message);
    received = 0;
    waiting = newWaiting();
    expect(budget.usedBytes).toBe(0);
    const request = http.request(`${baseUrl}${admitted.path}`, {
      method: "POST",
      headers: { ...json, "x-scope-orgid": "t", "content-encoding": "gzip" },
    });
    const failed = once(request, "error");
    request.end(sent);
    const signal = await waiting.promise;
    expect([received, budget.usedBytes]).toEqual([sent.length, message.length]);
    request.destroy(new Error("enough"));
    await failed;
    if (!signal.aborted) await once(signal, "abort");
  });

  it("does not call the method when the deadline passed while the message came", async () => {
    const request = http.request(`${baseUrl}${PATH}`, {
      method: "POST",
      headers: { ...json, "x-scope-orgid": "t", "connect-timeout-ms": "10" },
    });
    request.flushHeaders();
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    expect(response.statusCode).toBe(504);
    request.end('{"name":"stall"}');
    await response.toArray();
    expect((await send(json, '{"name":"x"}')).status).toBe(200);
    await expect.poll(() => budget.usedBytes).toBe(0);
  });

  it("keeps to the common memory of request bodies", async () => {
    const blocked = budget.limit - budget.usedBytes;
    expect(budget.take(blocked)).toBe(true);
    try {
      const reply = await send(json, "{}");
      expect([reply.status, reply.headers["retry-after"]]).toEqual([429, "1"]);
    } finally {
      budget.give(blocked);
    }
    expect((await send(json, '{"name":"x"}')).status).toBe(200);
  });
});
