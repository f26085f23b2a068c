import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listServices, selectFlameGraph, selectSeries } from "./querier.ts";
import { callRpc, RpcError } from "./rpc.ts";
import { findSpan, listSpans } from "./spans.ts";

let server: Server;
let origin: string;
let answer: { status: number; body: string };
let asked: { url: string; type: string | undefined; body: unknown }[];
const { signal } = new AbortController();
const pageFetch = globalThis.fetch;

beforeEach(async () => {
  asked = [];
  answer = { status: 200, body: "{}" };
  server = createServer(async (request: IncomingMessage, response) => {
    asked.push({
      url: request.url!,
      type: request.headers["content-type"],
      body: JSON.parse(await text(request)),
    });
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // A page's fetch resolves paths against the page's own address; Node's knows no page.
  globalThis.fetch = (input, init) => pageFetch(new URL(String(input), origin), init);
});

afterEach(async () => {
  globalThis.fetch = pageFetch;
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

describe("callRpc", () => {
  it("posts JSON and reads JSON", async () => {
    answer.body = '{"names":["a"]}';
    expect(await callRpc("a.B/C", { x: "1" }, signal)).toEqual({ names: ["a"] });
    expect(asked).toEqual([{ url: "/a.B/C", type: "application/json", body: { x: "1" } }]);
  });

  it("gives the server's own code and message", async () => {
    answer = { status: 400, body: '{"code":"invalid_argument","message":"missing time range"}' };
    await expect(callRpc("a.B/C", {}, signal)).rejects.toMatchObject({
      code: "invalid_argument",
      status: 400,
      message: "missing time range",
    });
  });

  it("takes refusals that are no JSON, and answers that should be", async () => {
    answer = { status: 404, body: "404 page not found\n" };
    const error = await callRpc("a.B/C", {}, signal).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ code: "unknown", status: 404, message: "404 page not found" });
    answer = { status: 200, body: "<html>" };
    await expect(callRpc("a.B/C", {}, signal)).rejects.toBeInstanceOf(RpcError);
  });

  it("says when nobody answers, and leaves aborts alone", async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    await expect(callRpc("a.B/C", {}, signal)).rejects.toMatchObject({
      code: "unreachable",
      status: 0,
    });
    const aborted = AbortSignal.abort();
    await expect(callRpc("a.B/C", {}, aborted)).rejects.toMatchObject({
      name: "AbortError",
    });
    await new Promise<void>((listening) => server.listen(0, listening));
  });
});

describe("the queries", () => {
  const range = { start: 1000.4, end: 2000.4 };
  const query = { type: "a:b:c:d:e", selector: "{}", range };

  it("list services with their types", async () => {
    answer.body = JSON.stringify({
      labelsSet: [
        {
          labels: [
            { name: "__profile_type__", value: "t" },
            { name: "service_name", value: "s" },
          ],
        },
        {},
      ],
    });
    expect(await listServices(range, signal)).toEqual([{ service: "s", type: "t" }]);
    expect(asked[0]!.body).toMatchObject({ start: "1000", end: "2001" });
  });

  it("ask for one span or one trace", async () => {
    await selectFlameGraph({ ...query, span: "aa" }, signal);
    await selectFlameGraph({ ...query, trace: "bb" }, signal);
    await selectFlameGraph(query, signal);
    expect(asked[0]!.body).toMatchObject({ profileTypeID: "a:b:c:d:e", spanSelector: ["aa"] });
    expect(asked[1]!.body).toMatchObject({ traceIdSelector: ["bb"] });
    expect(asked[2]!.body).not.toHaveProperty("spanSelector");
  });

  it("read time series, empty ones too", async () => {
    expect(await selectSeries(query, 15_000, signal)).toEqual([]);
    answer.body = '{"series":[{"points":[{"value":2.5,"timestamp":"1500"},{"timestamp":"1600"}]}]}';
    expect(await selectSeries(query, 500, signal)).toEqual([
      { time: 1500, value: 2.5 },
      { time: 1600, value: 0 },
    ]);
    expect(asked[1]!.body).toMatchObject({ step: 0.5 });
  });

  it("read spans, whatever is left out", async () => {
    answer.body = '{"spans":[{"spanId":"aa","profileTypeID":"t","total":"12","firstTime":"5"},{}]}';
    const [first, second] = await listSpans(query, 7, signal);
    expect(first).toMatchObject({ spanId: "aa", type: "t", total: 12, firstTime: 5, name: "" });
    expect(second!.total).toBe(0);
    await findSpan({ span: "aa" }, signal);
    await findSpan({ trace: "bb" }, signal);
    expect(asked.map(({ url, body }) => [url, body])).toEqual([
      ["/pyrospan.v1.SpanService/ListSpans", expect.objectContaining({ limit: "7" })],
      ["/pyrospan.v1.SpanService/FindSpan", { spanId: "aa" }],
      ["/pyrospan.v1.SpanService/FindSpan", { traceId: "bb" }],
    ]);
  });
});
