import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { keepRolledUp } from "./roll-up-rounds.ts";
import { type Engine, openEngine } from "./store/engine.ts";
import { OpenDays } from "./store/open-days.ts";

let directory: string;
let engine: Engine;
let openDays: OpenDays;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "pyrospan-rounds-"));
  engine = await openEngine(directory, { readers: 1, fsync: false });
  openDays = new OpenDays();
});

afterEach(async () => {
  await engine.close();
  rmSync(directory, { recursive: true, force: true });
});

function insert(profiles: number, stacks: number, values = stacks): Promise<void> {
  return engine.command(
    `INSERT INTO profiles (dataset, series, time, profile, stack, value) SELECT 1, number % 50, 86400000000000 + number, number + 1, range(1, ${stacks} + 1), range(1, ${values} + 1) FROM numbers(${profiles})`,
  );
}

/** Rounds until the first is told of. */
function firstRound(errors: unknown[]): Promise<{ ok: boolean; rows: number }> {
  return new Promise((resolve) => {
    const stop = keepRolledUp({
      engine,
      openDays,
      intervalMs: 3_600_000,
      observer: {
        rollUpRound: ({ ok, rows }) => void stop().then(() => resolve({ ok, rows })),
      },
      onError: (error) => errors.push(error),
    });
  });
}

it("begins with a round and tells what it did", async () => {
  await insert(100, 3);
  openDays.settle(100n, [1]);
  const errors: unknown[] = [];
  expect(await firstRound(errors)).toEqual({ ok: true, rows: 50 });
  expect(errors).toEqual([]);
});

it("tells of a round that left out a day", async () => {
  await insert(100, 3, 2);
  openDays.settle(100n, [1]);
  const errors: unknown[] = [];
  expect(await firstRound(errors)).toEqual({ ok: false, rows: 0 });
  expect(errors).toMatchObject([{ cause: { code: "failed" } }]);
});

it("ends a round under way when it is stopped, without a word", async () => {
  await insert(10_000, 2000);
  openDays.settle(10_000n, [1]);
  const told: unknown[] = [];
  const stop = keepRolledUp({
    engine,
    openDays,
    intervalMs: 1,
    observer: { rollUpRound: (facts) => told.push(facts) },
    onError: (error) => told.push(error),
  });
  const adding =
    "SELECT count() FROM system.processes WHERE query LIKE '%INSERT INTO hours%arraySort%' AND query NOT LIKE '%processes%' FORMAT TSV";
  while (Buffer.from(await engine.query(adding)).toString() === "0\n");
  await stop();
  expect(told).toEqual([]);
  const marks = await engine.query("SELECT count() FROM hours WHERE dataset = 0 FORMAT TSV");
  expect(Buffer.from(marks).toString()).toBe("0\n");
});
