// What plain HTTP clients see; the clients of the Connect library are in `unary-protocols.test.ts`.
import { once } from "node:events";
import http from "node:http";
import { gunzipSync, gzipSync } from "node:zlib";
import { toBinary } from "@bufbuild/protobuf";
import { LabelValuesRequestSchema } from "@pyrospan/wire";
import { expect, it } from "vitest";
import {
  ADMITTED_PATH,
  baseUrl,
  budget,
  door,
  MAX_BYTES,
  nextWaiting,
  PATH,
  serveForTests,
} from "../../../test/unary-server.ts";

serveForTests();

interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

async function send(headers: Record<string, string>, body: Uint8Array | string): Promise<Reply> {
  const request = http.request(`${baseUrl()}${PATH}`, {
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
  const reply = await send({ ...json, "accept-encoding": "deflate, gzip;q=0.5" }, '{"name":"big"}');
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
  const request = http.request(`${baseUrl()}${PATH}`, {
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
    const request = http.request(`${baseUrl()}${ADMITTED_PATH}`, {
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
  door.asked.length = 0;
  door.received = 0;
  door.full = true;
  expect(await ask("y".repeat(80_000))).toEqual([429, "3", false]);
  expect([door.asked, door.arriving, door.received]).toEqual([[["t", 80_011]], 0, 0]);
  door.full = false;
  expect(await ask("y".repeat(80_000))).toEqual([200, undefined, true]);
  expect([door.arriving, door.received]).toEqual([0, 80_011]);
  agent.destroy();
});

it("counts a compressed message once as received, and holds it no longer than it is read", async () => {
  const message = JSON.stringify({ name: "wait", matchers: ["z".repeat(50_000)] });
  const sent = gzipSync(message);
  door.received = 0;
  const waiting = nextWaiting();
  expect(budget.usedBytes).toBe(0);
  const request = http.request(`${baseUrl()}${ADMITTED_PATH}`, {
    method: "POST",
    headers: { ...json, "x-scope-orgid": "t", "content-encoding": "gzip" },
  });
  const failed = once(request, "error");
  request.end(sent);
  const signal = await waiting;
  expect([door.received, budget.usedBytes]).toEqual([sent.length, message.length]);
  request.destroy(new Error("enough"));
  await failed;
  if (!signal.aborted) await once(signal, "abort");
});

it("does not call the method when the deadline passed while the message came", async () => {
  const request = http.request(`${baseUrl()}${PATH}`, {
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
