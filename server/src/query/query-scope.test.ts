import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { defaultLimits } from "../limits.ts";
import { type Engine, openEngine } from "../store/engine.ts";
import { toConnectError } from "./connect-errors.ts";
import { type QueryScope, runForQuery, runStatement, statementOptions } from "./query-scope.ts";
import { SeriesIndex } from "./series-index.ts";
import type { Steps } from "./sliced.ts";

let directory: string;
let engine: Engine;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pyrospan-scope-"));
  engine = await openEngine(directory, { fsync: false });
});

afterAll(async () => {
  await engine?.close();
  await rm(directory, { recursive: true, force: true });
});

function scopeFor(ms: number): QueryScope {
  return {
    engine,
    seriesIndex: new SeriesIndex(engine, { maxBytes: 0 }),
    tenants: ["one"],
    limits: { ...defaultLimits, queryTimeoutMs: ms },
    signal: new AbortController().signal,
    deadlineMs: performance.now() + ms,
    openDays: undefined,
    nowMs: Date.now(),
  };
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => "no error",
    (error: unknown) => String(toConnectError(error)),
  );
}

const timedOut = /^ConnectError: \[deadline_exceeded\] request timed out/;

describe("the time of a query", () => {
  it("is one for all its statements", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const options = statementOptions(scopeFor(1000));
    vi.advanceTimersByTime(600);
    expect(options.timeoutMs).toBe(400);
    vi.advanceTimersByTime(600);
    expect(options.timeoutMs).toBe(1);
    vi.useRealTimers();
    expect(await errorOf(runStatement(scopeFor(-1), "SELECT sleep(3)"))).toMatch(timedOut);
  });

  it("ends computations too", async () => {
    function* endless(): Steps<void> {
      for (;;) yield;
    }
    expect(await errorOf(runForQuery(scopeFor(50), endless()))).toMatch(timedOut);
  });
});
