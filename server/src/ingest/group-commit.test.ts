import { rmSync, statSync, writeFileSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import { encodePprof, ProfileBuilder, profileFromText } from "@pyrospan/pprof";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  atNow,
  type IngestStore,
  limits,
  openIngestStore,
  profileBytes,
  unit,
} from "../../test/ingest-store.ts";
import type { Engine } from "../store/engine.ts";
import { bigintsOf, decodeNative } from "../store/native-reader.ts";
import { createIngester } from "./create-ingester.ts";
import type { UnitResult } from "./ingester.ts";

let store: IngestStore;

beforeAll(async () => {
  store = await openIngestStore();
});

afterAll(() => store.close());

describe("a store that cannot be written", () => {
  /** Puts a file in the directory's place, so that nothing can be written to it nor it be made anew. */
  const block = (directory: string): void => {
    rmSync(directory, { recursive: true, force: true });
    writeFileSync(directory, "");
  };

  it("makes the directory of batches anew, or takes the one on the disk and says so once", async () => {
    const errors: [message: string, error: unknown][] = [];
    const own = await createIngester({
      engine: store.engine,
      gatherMs: 0,
      onError: (...e) => errors.push(e),
    });
    const push = async (service: string): Promise<void> => {
      const sent = unit(profileBytes("main;a cpu=1"), service);
      expect(await own.push("anonymous", [sent], limits)).toMatchObject([{ ok: true }]);
      expect(Object.values(await store.totals(service))).toEqual(["1"]);
    };
    try {
      rmSync(store.engine.scratchDirectory, { recursive: true });
      await push("removed");
      expect(statSync(store.engine.scratchDirectory).isDirectory()).toBe(true);
      expect(errors).toEqual([]);
      if (store.engine.scratchDirectory === store.engine.spareDirectory) return;
      block(store.engine.scratchDirectory);
      await push("blocked");
      await push("blocked again");
      expect(errors).toMatchObject([
        ["batches go by way of the disk, not of memory", { message: expect.any(String) }],
      ]);
      rmSync(store.engine.scratchDirectory);
    } finally {
      await own.close();
    }
  });

  it("answers unavailable, stores nothing of it, and goes on when it can", async () => {
    const push = (): Promise<UnitResult> =>
      store.pushOne(unit(profileBytes("main;lost;again cpu=1"), "unwritable"));
    const directories = [...new Set([store.engine.scratchDirectory, store.engine.spareDirectory])];
    for (const directory of directories) block(directory);
    expect(await push()).toMatchObject({
      ok: false,
      code: "unavailable",
      message: "service is unavailable",
      retryAfterSeconds: 1,
    });
    for (const directory of directories) rmSync(directory);
    expect(await push()).toMatchObject({ ok: true });
    expect(await store.totals("unwritable")).toEqual({ "fixture:cpu:count::": "1" });
    const top = await store.allTopSelf();
    expect(top.get("unwritable fixture:cpu:count::")).toEqual([{ function: "again", value: "1" }]);
  });
});

describe("a thread that dies", () => {
  it("loses what it had, and what the next one gets is stored and acknowledged once", async () => {
    const threads: Worker[] = [];
    const onThread = (thread: Worker): number => threads.push(thread);
    process.on("worker", onThread);
    let openGate = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      openGate = resolve;
    });
    let firstInsert = (): void => undefined;
    const inserting = new Promise<void>((resolve) => {
      firstInsert = resolve;
    });
    const held: Engine = {
      scratchDirectory: store.engine.scratchDirectory,
      spareDirectory: store.engine.spareDirectory,
      query: (sql) => store.engine.query(sql),
      command: (sql) => store.engine.command(sql),
      background: (sql, signal) => store.engine.background(sql, signal),
      insertFiles: async (inserts) => {
        firstInsert();
        await gate;
        await store.engine.insertFiles(inserts);
      },
      watch: (table, listener) => store.engine.watch(table, listener),
      close: () => store.engine.close(),
    };
    const own = await createIngester({ engine: held, gatherMs: 0, workers: 1, maxWaitMs: 0 });
    try {
      const push = async (profile: Uint8Array): Promise<string> => {
        const [result] = await own.push("anonymous", [unit(profile, "dies")], limits);
        return result!.ok ? "ok" : result!.message;
      };
      const small = (): Uint8Array => profileBytes("main;a cpu=1");
      const committing = push(small());
      await inserting;
      // Eight jobs fill the thread. With the first of them a batch is so large that no more are sent.
      const large = push(millionValues());
      const open = Array.from({ length: 6 }, () => push(small()));
      const eighth = push(new Uint8Array(20));
      const queued = Array.from({ length: 5 }, () => push(small()));
      expect(await eighth).toContain("proto:");
      await threads[0]!.terminate();
      openGate();
      expect(await committing).toBe("ok");
      const died = "an ingest thread died";
      expect(await Promise.all([large, ...open])).toEqual(Array(7).fill(died));
      expect(await Promise.all(queued)).toEqual(Array(5).fill("ok"));
      expect(Object.values(await store.totals("dies"))).toEqual(["6"]);
    } finally {
      process.off("worker", onThread);
      openGate();
      await own.close();
    }
  });
});

/** 10,100 stacks with 100 values each. */
function millionValues(): Uint8Array {
  const sampleTypes = Array.from({ length: 100 }, (_, i) => ({ type: `t${i}`, unit: "count" }));
  const builder = new ProfileBuilder({ sampleTypes });
  const values = sampleTypes.map(() => 1);
  for (let i = 0; i < 10_100; i++) {
    const line = { function: builder.function({ name: `f${i}` }), line: 1 };
    builder.sample([builder.location({ lines: [line] })], values);
  }
  return encodePprof(builder.finish());
}

it("answers a push only when its own rows are stored, however pushes and batches meet", async () => {
  const profile = atNow(encodePprof(profileFromText("main;work cpu=1ms\n")));
  const counts: bigint[] = [];
  // Clients in turn, so that pushes come in while batches are sealed; each looks at once.
  const client = async (name: string): Promise<void> => {
    for (let turn = 0; turn < 12; turn++) {
      const service = `turn-${name}-${turn}`;
      expect(await store.pushOne(unit(profile, service))).toMatchObject({ ok: true });
      const answer = await store.engine.query(
        `SELECT count() AS n FROM profiles WHERE dataset IN (SELECT dataset FROM series WHERE service = '${service}')`,
      );
      counts.push(bigintsOf(decodeNative(answer), "n")[0]!);
    }
  };
  await Promise.all(Array.from({ length: 24 }, (_, i) => client(String(i))));
  expect(counts.filter((n) => n === 0n)).toEqual([]);
  expect(counts.length).toBe(288);
});
