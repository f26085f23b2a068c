import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { QuerierService } from "@pyrospan/wire";
import { describe, expect, it } from "vitest";
import {
  baseUrl,
  budget,
  door,
  HOLD_MS,
  lateBug,
  logged,
  MAX_BYTES,
  nextWaiting,
  serveForTests,
} from "../../../test/unary-server.ts";

serveForTests();

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
    createClient(QuerierService, transport(baseUrl())).labelValues(
      { name },
      { headers, ...options },
    );
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
    door.full = true;
    const startedAt = performance.now();
    const turnedAway = createClient(QuerierService, transport(`${baseUrl()}/admitted`)).labelValues(
      { name: "x".repeat(70_000) },
      { headers: { "X-Scope-OrgID": "a" } },
    );
    const error = await failure(turnedAway);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(HOLD_MS - 1);
    door.full = false;
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
      const waiting = nextWaiting();
      const abort = new AbortController();
      const answer = failure(call(name, { signal: abort.signal }));
      const signal = await waiting;
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
