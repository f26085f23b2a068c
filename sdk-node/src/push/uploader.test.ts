import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startCaptureServer } from "../../test/capture-server.mjs";
import { recordWarnings } from "../../test/record-warnings.ts";
import { Reporter } from "../logger.ts";
import { HttpSender, type PushAnswer } from "./http-sender.ts";
import { DEFAULT_RETRY } from "./retry.ts";
import { Uploader, type UploaderOptions } from "./uploader.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const OPTIONS: UploaderOptions = {
  serverAddress: "http://profiles.example/",
  retry: { maxAgeMs: 60_000, firstDelayMs: 1, longestDelayMs: 5 },
  maxQueued: 3,
  maxQueuedBytes: 100,
};

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
  const { logger, warnings } = recordWarnings();
  const uploader = new Uploader(
    (body) => sender.send(body),
    { ...OPTIONS, ...options },
    new Reporter(logger),
  );
  closing.push(
    () => uploader.close(),
    () => sender.close(),
    () => server.close(),
  );
  return { server, uploader, warnings };
}

/** The same, with an upload of one zero on its way whose answer is held back. */
async function setUpHeld() {
  const held: ServerResponse[] = [];
  const parts = await setUp((_request, response) => {
    if (held.length > 0) return false;
    held.push(response);
    return true;
  });
  parts.uploader.push(Uint8Array.of(0));
  while (held.length === 0) await parts.server.next();
  return { ...parts, held };
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
    await uploader.flush();
    expect(uploader.stats()).toEqual({ sent: 2, dropped: 0, retries: 4, queued: 0 });
    expect(server.received.map(({ body }) => body[0])).toEqual([1, 1, 1, 1, 1, 2]);
    expect(warnings).toEqual([
      "pyrospan: cannot send profiles to http://profiles.example/ for now and tries again: HTTP 429 busy",
      "pyrospan: cannot send profiles to http://profiles.example/ for now and tries again: HTTP 503 busy",
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
    expect(warnings).toEqual([
      "pyrospan: http://profiles.example/ refuses profiles: HTTP 401 who are you",
    ]);
  });

  it("says who does not listen where, and gives up when a profile is too old", async () => {
    const { server, uploader, warnings } = await setUp(undefined, {
      retry: { maxAgeMs: 20, firstDelayMs: 1, longestDelayMs: 5 },
    });
    await server.close();
    uploader.push(Uint8Array.of(1));
    await uploader.flush();
    expect(uploader.stats()).toMatchObject({ sent: 0, dropped: 1, queued: 0 });
    const refused = `connect ECONNREFUSED ${new URL(server.url).host}`;
    expect(warnings).toEqual([
      `pyrospan: cannot send profiles to http://profiles.example/ for now and tries again: ${refused}`,
      expect.stringMatching(
        `^pyrospan: gave up sending a profile to http://profiles.example/ after \\d+ s: ${refused}$`,
      ),
    ]);
  });

  it("keeps a bounded queue and counts what falls out of it, oldest first", async () => {
    const { server, uploader, warnings, held } = await setUpHeld();
    for (let i = 1; i <= 6; i++) uploader.push(new Uint8Array(30).fill(i));
    expect(uploader.stats()).toMatchObject({ queued: 4, dropped: 3 });
    held[0]?.writeHead(200).end();
    await uploader.flush();
    expect(server.received.map(({ body }) => body[0])).toEqual([0, 4, 5, 6]);
    expect(uploader.stats()).toEqual({ sent: 4, dropped: 3, retries: 0, queued: 0 });
    expect(warnings).toEqual([
      "pyrospan: http://profiles.example/ does not keep up: profiles are dropped, oldest first",
    ]);
  });

  it("never drops the newest, and drops the one that failed before it", async () => {
    const { server, uploader, held } = await setUpHeld();
    uploader.push(new Uint8Array(90).fill(1));
    uploader.push(new Uint8Array(200).fill(2));
    expect(uploader.stats()).toMatchObject({ queued: 2, dropped: 1 });
    held[0]?.writeHead(503).end();
    await uploader.flush();
    expect(server.received.map(({ body }) => body[0])).toEqual([0, 2]);
    expect(uploader.stats()).toEqual({ sent: 1, dropped: 2, retries: 1, queued: 0 });
  });

  it.each([
    [200, { sent: 1, dropped: 2, retries: 0, queued: 0 }],
    [503, { sent: 0, dropped: 3, retries: 0, queued: 0 }],
  ])("counts each upload once when it is closed before an answer of %i", async (status, stats) => {
    const { uploader, held } = await setUpHeld();
    uploader.push(Uint8Array.of(1));
    uploader.push(Uint8Array.of(2));
    uploader.close();
    expect(uploader.stats()).toEqual({ sent: 0, dropped: 2, retries: 0, queued: 1 });
    held[0]?.writeHead(status).end();
    await uploader.flush();
    expect(uploader.stats()).toEqual(stats);
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

describe("Uploader, with a server that is away", () => {
  const WINDOW_MS = 15_000;
  const OK: PushAnswer = { status: 200, retryAfter: undefined, text: "" };

  /** Pushes a window every 15 seconds to a server that answers with `answer`, given the time since the start. */
  async function pushFor(
    windows: number,
    answer: (sinceMs: number) => PushAnswer,
  ): Promise<{
    readonly uploader: Uploader;
    readonly taken: number[];
    readonly attemptsMs: number[];
  }> {
    vi.useFakeTimers();
    closing.push(() => vi.useRealTimers());
    const taken: number[] = [];
    const attemptsMs: number[] = [];
    const startMs = performance.now();
    const uploader = new Uploader(
      async (body) => {
        const sinceMs = performance.now() - startMs;
        attemptsMs.push(sinceMs);
        const given = answer(sinceMs);
        if (given === OK) taken.push(body[0] ?? -1);
        return given;
      },
      { ...OPTIONS, maxQueued: 16, maxQueuedBytes: 1_000, retry: DEFAULT_RETRY },
      new Reporter(recordWarnings().logger),
    );
    for (let i = 0; i < windows; i++) {
      uploader.push(Uint8Array.of(i));
      await vi.advanceTimersByTimeAsync(WINDOW_MS);
    }
    return { uploader, taken, attemptsMs };
  }

  it("loses nothing when it is back within minutes", async () => {
    const { uploader, taken } = await pushFor(15, (sinceMs) => {
      if (sinceMs < 180_000) throw new Error("connect ECONNREFUSED");
      return OK;
    });
    expect(taken).toEqual(Array.from({ length: 15 }, (_, i) => i));
    expect(uploader.stats()).toMatchObject({ sent: 15, dropped: 0, queued: 0 });
  });

  it("gives up what has waited for more than four minutes", async () => {
    const { uploader, taken } = await pushFor(30, (sinceMs) => {
      if (sinceMs < 400_000) throw new Error("connect ECONNREFUSED");
      return OK;
    });
    const { sent, dropped } = uploader.stats();
    expect(sent + dropped).toBe(30);
    expect(taken[0]).toBeGreaterThanOrEqual((400_000 - 240_000) / WINDOW_MS);
    expect(sent).toBeGreaterThanOrEqual(15);
  });

  it("stays away for as long as it is asked to", async () => {
    const { taken, attemptsMs } = await pushFor(10, (sinceMs) =>
      sinceMs < 60_000 ? { status: 429, retryAfter: "100", text: "" } : OK,
    );
    expect(attemptsMs[1]).toBeGreaterThanOrEqual(100_000);
    expect(attemptsMs[1]).toBeLessThan(102_000);
    expect(taken).toHaveLength(10);
  });
});
