import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { startCaptureServer } from "../../test/capture-server.mjs";
import { type Logger, Reporter } from "../logger.ts";
import { HttpSender } from "./http-sender.ts";
import { Uploader, type UploaderOptions } from "./uploader.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function setUp(
  answer?: (request: IncomingMessage, response: ServerResponse) => boolean,
  options: Partial<UploaderOptions> = {},
) {
  const server = await startCaptureServer(answer);
  const sender = new HttpSender({
    serverAddress: `${server.url}/prefix/`,
    headers: { "x-scope-orgid": "team-a" },
    timeoutMs: 2_000,
  });
  const warnings: string[] = [];
  const logger: Logger = {
    error: () => {},
    warn: (message) => warnings.push(message),
    info: () => {},
    debug: () => {},
  };
  const uploader = new Uploader(
    (body) => sender.send(body),
    {
      retry: { attempts: 3, firstDelayMs: 1, longestDelayMs: 5 },
      maxQueued: 3,
      maxQueuedBytes: 100,
      ...options,
    },
    new Reporter(logger),
  );
  closing.push(
    () => uploader.close(),
    () => sender.close(),
    () => server.close(),
  );
  return { server, uploader, warnings };
}

describe("Uploader", () => {
  it("posts to the push service under the server's prefix", async () => {
    const { server, uploader } = await setUp();
    uploader.push(Uint8Array.of(1, 2));
    uploader.push(Uint8Array.of(3));
    await uploader.flush();
    expect(server.received.map(({ url, body }) => [url, [...body]])).toEqual([
      ["/prefix/push.v1.PusherService/Push", [1, 2]],
      ["/prefix/push.v1.PusherService/Push", [3]],
    ]);
    expect(server.received[0]?.headers).toMatchObject({
      "content-type": "application/proto",
      "x-scope-orgid": "team-a",
    });
    expect(uploader.stats()).toEqual({ sent: 2, dropped: 0, retries: 0, queued: 0 });
  });

  it("tries again where that may help, and warns once", async () => {
    let failures = 4;
    const { server, uploader, warnings } = await setUp((_request, response) => {
      if (failures-- <= 0) return false;
      response.writeHead(failures % 2 ? 429 : 503, { "retry-after": "0" }).end("busy");
      return true;
    });
    uploader.push(Uint8Array.of(1));
    uploader.push(Uint8Array.of(2));
    for (let i = 0; i < 20 && uploader.stats().queued > 0; i++) await uploader.flush();
    expect(uploader.stats()).toEqual({ sent: 1, dropped: 1, retries: 3, queued: 0 });
    expect(server.received).toHaveLength(5);
    expect(warnings).toEqual([
      "pyrospan: cannot send profiles for now and tries again: HTTP 429 busy",
      "pyrospan: cannot send profiles for now and tries again: HTTP 503 busy",
      "pyrospan: gave up sending a profile after 3 attempts: HTTP 429 busy",
    ]);
  });

  it("does not repeat what the server refuses", async () => {
    const { server, uploader, warnings } = await setUp((_request, response) => {
      response.writeHead(401).end("who are you");
      return true;
    });
    uploader.push(Uint8Array.of(1));
    uploader.push(Uint8Array.of(2));
    await uploader.flush();
    expect(server.received).toHaveLength(2);
    expect(uploader.stats()).toMatchObject({ sent: 0, dropped: 2, retries: 0 });
    expect(warnings).toEqual(["pyrospan: the server refuses profiles: HTTP 401 who are you"]);
  });

  it("gives up where nobody listens", async () => {
    const { server, uploader, warnings } = await setUp();
    await server.close();
    uploader.push(Uint8Array.of(1));
    await uploader.flush();
    expect(uploader.stats()).toMatchObject({ sent: 0, dropped: 1, retries: 2 });
    expect(warnings[0]).toContain("cannot send profiles for now and tries again: ");
  });

  it("keeps a bounded queue and counts what falls out of it, oldest first", async () => {
    const held: ServerResponse[] = [];
    const { server, uploader, warnings } = await setUp((_request, response) => {
      if (held.length > 0) return false;
      held.push(response);
      return true;
    });
    uploader.push(Uint8Array.of(0));
    while (held.length === 0) await server.next();
    for (let i = 1; i <= 6; i++) uploader.push(new Uint8Array(30).fill(i));
    expect(uploader.stats()).toMatchObject({ queued: 3, dropped: 4 });
    held[0]?.writeHead(200).end();
    await uploader.flush();
    expect(server.received.map(({ body }) => body[0])).toEqual([0, 5, 6]);
    expect(uploader.stats()).toEqual({ sent: 3, dropped: 4, retries: 0, queued: 0 });
    expect(warnings).toEqual([
      "pyrospan: the server does not keep up: profiles are dropped, oldest first",
    ]);
  });

  it("survives a server that never answers", async () => {
    const server = await startCaptureServer(() => true);
    const sender = new HttpSender({ serverAddress: server.url, headers: {}, timeoutMs: 50 });
    closing.push(
      () => sender.close(),
      () => server.close(),
    );
    await expect(sender.send(Uint8Array.of(1))).rejects.toThrow();
  });
});
