import type { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type IngestStore,
  limits,
  openIngestStore,
  profileBytes,
  unit,
} from "../../test/ingest-store.ts";
import { createIngester } from "./create-ingester.ts";
import type { UnitResult, WaitRefusal } from "./ingester.ts";

let store: IngestStore;

beforeAll(async () => {
  store = await openIngestStore();
});

afterAll(() => store.close());

describe("refusals", () => {
  it("stores the good units of a request with bad ones", async () => {
    const good = profileBytes("main;a cpu=1");
    const results = await store.ingester.push(
      "anonymous",
      [
        unit(good.slice(), "partial"),
        unit(new Uint8Array(0), "partial"),
        unit(good.slice(0, 30), "partial"),
        unit(good.slice(), "partial", {
          labels: [
            ["__name__", "x"],
            ["service_name", "partial"],
            ["a", "1"],
            ["a", "2"],
          ],
        }),
        unit(good.slice(), "partial"),
      ],
      limits,
    );
    expect(
      results.map((result) =>
        result.ok ? "ok" : `${result.code} ${result.reason} ${result.message}`,
      ),
    ).toEqual([
      "ok",
      "invalid_argument undefined gzip reset: EOF",
      "invalid_argument undefined copy to buffer: unexpected EOF",
      `invalid_argument duplicate_label_names profile with labels '{__name__="x", a="1", a="2", service_name="partial"}' has duplicate label name: 'a'`,
      "ok",
    ]);
    expect(Object.values(await store.totals("partial"))).toEqual(["2"]);
  });

  it("stores nothing of a request whose profiles are too large together", async () => {
    const good = profileBytes("main;a cpu=1");
    const small = { ...limits, ingestionBodyBytes: 100 };
    const results = await store.ingester.push(
      "anonymous",
      [unit(good.slice(), "big"), unit(good.slice(), "big"), unit(good.slice(), "big")],
      small,
    );
    expect(results.map((result) => !result.ok && result.reason)).toEqual(
      Array(3).fill("body_size_limit_exceeded"),
    );
    expect(await store.totals("big")).toEqual({});
  });

  it("stops a tenant at its rate", async () => {
    const profile = profileBytes("main;a cpu=1");
    const slow = { ...limits, ingestionRateBytes: 16, ingestionBurstBytes: 400 };
    const results = await Promise.all(
      Array.from({ length: 10 }, () =>
        store.ingester.push("slow", [unit(profile.slice(), "slow")], slow),
      ),
    );
    const refused = results.flat().filter(({ ok }) => !ok);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(10);
    expect(refused[0]).toMatchObject({
      code: "resource_exhausted",
      reason: "rate_limited",
      retryAfterSeconds: expect.any(Number),
    });
    expect(refused[0]).toHaveProperty(
      "message",
      expect.stringMatching(/^push rate limit \(16 B\) exceeded while adding \d+ B$/),
    );
  });
});

describe("an ingester with too much to do", () => {
  it("refuses what is above its memory, and takes it later", async () => {
    const small = await createIngester({
      engine: store.engine,
      gatherMs: 0,
      maxWaitingBytes: 1000,
    });
    try {
      const push = (): Promise<readonly UnitResult[]> =>
        small.push("anonymous", [unit(profileBytes("main;a cpu=1"), "full")], limits);
      const results = (await Promise.all(Array.from({ length: 50 }, push))).flat();
      const refused = results.filter(({ ok }) => !ok);
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.length).toBeLessThan(50);
      for (const { code, retryAfterSeconds } of refused as WaitRefusal[]) {
        expect(code).toBe("resource_exhausted");
        expect([1, 2, 3, 4, 5]).toContain(retryAfterSeconds);
      }
      expect(small.stats()).toMatchObject({ waitingBytes: 0, waitingPushes: 0 });
      expect(await push()).toMatchObject([{ ok: true }]);
      expect(Object.values(await store.totals("full"))).toEqual([String(51 - refused.length)]);
    } finally {
      await small.close();
    }
  });

  it("takes a push larger than its memory while less than half of that is in use", async () => {
    const small = await createIngester({
      engine: store.engine,
      gatherMs: 0,
      maxWaitingBytes: 1000,
    });
    try {
      const arrival = small.arrival();
      arrival.received(500);
      expect(small.refuse("anonymous", 1_000_000)).toBeUndefined();
      arrival.received(1);
      expect(small.refuse("anonymous", 1_000_000)).toMatchObject({ code: "resource_exhausted" });
      expect(small.refuse("anonymous", 499)).toBeUndefined();
      arrival.end();
    } finally {
      await small.close();
    }
  });

  it("refuses what would wait too long, counts what is on its way, and goes on when it may", async () => {
    const causes: string[] = [];
    const patient = await createIngester({
      engine: store.engine,
      gatherMs: 0,
      workers: 1,
      maxWaitMs: 10,
      observer: { refused: (tenant, cause) => causes.push(`${tenant}: ${cause}`) },
    });
    try {
      const profile = new Uint8Array(40_000);
      const push = (): Promise<readonly UnitResult[]> =>
        patient.push("anonymous", [unit(profile, "patient")], limits);
      const answers = Array.from({ length: 30 }, push);
      expect(patient.stats().expectedWaitMs).toBeGreaterThan(10);
      const refusal = patient.refuse("other", 0);
      expect(refusal).toMatchObject({ code: "resource_exhausted" });
      // Held back for as long as others wait, at most for the longest wait, and until after those refused before it.
      expect(refusal?.holdMs).toBeGreaterThanOrEqual(10);
      expect(refusal?.holdMs).toBeLessThan(30);
      const messages = (await Promise.all(answers))
        .flat()
        .map((result) => (result as WaitRefusal).message);
      const refused = messages.filter((message) => message.startsWith("too many profiles wait"));
      expect(refused.length).toBeGreaterThan(15);
      expect(refused.length).toBeLessThan(30);
      expect(causes).toEqual([
        ...refused.map(() => "anonymous: waiting_time"),
        "other: waiting_time",
      ]);
      expect(patient.stats().expectedWaitMs).toBe(0);
      expect(patient.refuse("other", 1_000_000_000)).toBeUndefined();

      const arrivals = Array.from({ length: 100 }, () => patient.arrival());
      for (const arrival of arrivals) arrival.received(1_000_000);
      expect(patient.refuse("other", 0)).toBeDefined();
      for (const arrival of arrivals) arrival.end();
      for (const arrival of arrivals) arrival.end();
      expect(patient.stats().expectedWaitMs).toBe(0);
    } finally {
      await patient.close();
    }
  });

  it("refuses what has waited too long when work takes longer than expected", async () => {
    let told = 0;
    let refusedPushes = 0;
    const observer = { unit: () => told++, refused: () => refusedPushes++ };
    const patient = await createIngester({
      engine: store.engine,
      gatherMs: 0,
      workers: 1,
      maxWaitMs: 21,
      observer,
    });
    try {
      const lines = Array.from({ length: 15_000 }, (_, i) => `main;work_${i} cpu=1`);
      const profile = profileBytes(lines.join("\n"));
      const push = (): Promise<readonly UnitResult[]> =>
        patient.push("anonymous", [unit(profile.slice(), "late")], limits);
      // As many as are expected to take 20 ms, of which eight are sent to the worker at once.
      const results = (await Promise.all(Array.from({ length: 11 }, push))).flat();
      const refused = results.filter(({ ok }) => !ok);
      expect(refused.length).toBeGreaterThan(0);
      expect(refused[0]).toMatchObject({
        code: "resource_exhausted",
        message: "too many profiles wait to be stored, send them again later",
      });
      expect(results.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(8);
      expect([refusedPushes, told]).toEqual([refused.length, results.length - refused.length]);
      expect(patient.stats()).toMatchObject({ expectedWaitMs: 0, waitingBytes: 0 });
    } finally {
      await patient.close();
    }
  });
});

describe("faults of ours", () => {
  it("keep what went wrong beside the message", async () => {
    const own = await createIngester({ engine: store.engine, gatherMs: 0, workers: 1 });
    try {
      const labels = [["service_name", undefined as unknown as string]] as const;
      const sent = unit(profileBytes("main;a cpu=1"), "fault", { labels });
      expect(await own.push("anonymous", [sent], limits)).toMatchObject([
        {
          ok: false,
          code: "internal",
          message: "internal error",
          cause: { stack: expect.stringContaining("labels.ts") },
        },
      ]);
    } finally {
      await own.close();
    }
  });
});

/** Ends each thread of this process as soon as it is made, while told to. */
async function withDyingThreads(work: (dying: { dies: boolean; threads: Worker[] }) => unknown) {
  const state = { dies: false, threads: [] as Worker[] };
  const onThread = (thread: Worker): void => {
    state.threads.push(thread);
    if (state.dies) void thread.terminate();
  };
  process.on("worker", onThread);
  try {
    await work(state);
  } finally {
    process.off("worker", onThread);
  }
}

describe("while there is no thread", () => {
  it("the pause before the next one does not count as work", () =>
    withDyingThreads(async (state) => {
      let deaths = 0;
      let lastDeath = (): void => undefined;
      const died = new Promise<void>((resolve) => {
        lastDeath = resolve;
      });
      const onError = (): void => {
        deaths++;
        // The second to fourth thread die at once; the pause after that is of 800 ms.
        state.dies = deaths < 4;
        if (deaths === 4) lastDeath();
      };
      const own = await createIngester({ engine: store.engine, gatherMs: 0, workers: 1, onError });
      try {
        void state.threads[0]!.terminate();
        await died;
        const sent = unit(profileBytes("main;a cpu=1"), "paused");
        expect(await own.push("anonymous", [sent], limits)).toMatchObject([{ ok: true }]);
        for (let i = 0; i < 100; i++) own.arrival().received(1_000_000_000);
        // 200 as long as nothing is known, above 500 after work of 800 ms.
        expect(own.stats().expectedWaitMs).toBeLessThan(400);
      } finally {
        await own.close();
      }
    }));

  it("services that are at home there go to another one", () =>
    withDyingThreads(async (state) => {
      const own = await createIngester({ engine: store.engine, gatherMs: 0, workers: 2 });
      try {
        state.dies = true;
        await state.threads[0]!.terminate();
        // At home with one and with the other thread.
        for (const service of ["lane-a", "lane-b"]) {
          const sent = unit(profileBytes("main;a cpu=1"), service);
          expect(await own.push("anonymous", [sent], limits)).toMatchObject([{ ok: true }]);
        }
      } finally {
        await own.close();
      }
    }));
});

describe("closing", () => {
  it("answers what was pushed before and refuses what comes after", async () => {
    const closing = await createIngester({ engine: store.engine, gatherMs: 60_000 });
    const pushed = closing.push("anonymous", [unit(profileBytes("main;a cpu=1"), "drain")], limits);
    const closed = closing.close();
    const late = closing.push("anonymous", [unit(profileBytes("main;a cpu=1"), "drain")], limits);
    expect(await pushed).toMatchObject([{ ok: true }]);
    expect(await late).toMatchObject([{ ok: false, code: "unavailable" }]);
    await closed;
    expect(Object.values(await store.totals("drain"))).toEqual(["1"]);
  });
});
