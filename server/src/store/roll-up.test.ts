import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Engine, openEngine } from "./engine.ts";
import { OpenDays } from "./open-days.ts";
import { type RollUp, rollUp } from "./roll-up.ts";

const DAY = 20_000;
const signal = new AbortController().signal;
let directory: string;
let engine: Engine;
let openDays: OpenDays;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "pyrospan-roll-up-"));
  engine = await openEngine(directory, { readers: 1, fsync: false });
  openDays = new OpenDays();
});

afterEach(async () => {
  await engine.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A profile of series 1 and partition 7, some hours into the day, with lists of stacks and values. */
function insert(ordinal: number, hour: number, stacks: string, values: string): Promise<void> {
  return engine.command(
    `INSERT INTO profiles (dataset, series, time, profile, partition, stack, value) SELECT 1, 1, ${(DAY * 24 + hour) * 3600} * 1000000000 + 5, ${ordinal}, 7, [${stacks}], [${values}]`,
  );
}

/** A round when profiles of these two days are settled up to an ordinal. */
function roundUpTo(ordinal: bigint, by: AbortSignal = signal): Promise<RollUp> {
  openDays.settle(ordinal, [DAY, DAY + 1]);
  return rollUp(engine, openDays, by);
}

async function hours(): Promise<string[]> {
  const answer = await engine.query(
    `SELECT dataset, hour - ${DAY * 24}, upto, stack, value FROM hours ORDER BY upto, dataset, hour FORMAT TSV`,
  );
  return Buffer.from(answer).toString().trim().split("\n");
}

it("adds up by hour what came since the round before, with a mark for each day", async () => {
  await insert(1, 3, "5,2", "10,1");
  await insert(2, 3, "5,9", "10,1");
  await insert(3, 4, "5", "10");
  await insert(4, 27, "1", "1");
  expect(await roundUpTo(4n)).toEqual({ rows: 3, failures: [] });
  await insert(5, 3, "2", "7");
  expect(await roundUpTo(5n)).toEqual({ rows: 1, failures: [] });
  expect(await roundUpTo(5n)).toEqual({ rows: 0, failures: [] });
  expect(await hours()).toEqual([
    "0\t0\t4\t[]\t[]",
    "0\t24\t4\t[]\t[]",
    "1\t3\t4\t[2,5,9]\t[1,20,1]",
    "1\t4\t4\t[5]\t[10]",
    "1\t27\t4\t[1]\t[1]",
    "0\t0\t5\t[]\t[]",
    "1\t3\t5\t[2]\t[7]",
  ]);
});

it("takes nothing of a commit under way, and all of it once it is done", async () => {
  await insert(1, 3, "1", "1");
  await insert(2, 3, "1", "10");
  await roundUpTo(1n);
  expect(await hours()).toEqual(["0\t0\t1\t[]\t[]", "1\t3\t1\t[1]\t[1]"]);
  await roundUpTo(2n);
  expect((await hours()).slice(2)).toEqual(["0\t0\t2\t[]\t[]", "1\t3\t2\t[1]\t[10]"]);
});

it("splits sums beyond int64", async () => {
  const max = String(2n ** 63n - 1n);
  await insert(1, 3, "1,2", `${max}, -${max}`);
  await insert(2, 3, "1,2,3", `5, -${max} - 1, 0`);
  await roundUpTo(2n);
  expect((await hours())[1]).toBe(`1\t3\t2\t[1,1,2,2,2,3]\t[5,${max},-${max},-${max},-1,0]`);
});

it("removes what a round without a mark has left", async () => {
  await insert(1, 3, "1", "1");
  await roundUpTo(1n);
  await insert(2, 3, "1", "10");
  await engine.command(`INSERT INTO hours SELECT 1, 1, ${DAY * 24 + 3}, 7, 2, [1], [999]`);
  await roundUpTo(2n);
  expect(await hours()).toEqual([
    "0\t0\t1\t[]\t[]",
    "1\t3\t1\t[1]\t[1]",
    "0\t0\t2\t[]\t[]",
    "1\t3\t2\t[1]\t[10]",
  ]);
});

it("goes on with the other days when one fails", async () => {
  await insert(1, 3, "1", "1");
  await engine.command(
    `INSERT INTO profiles (dataset, series, time, profile, stack, value) SELECT 1, 1, ${(DAY + 1) * 86_400} * 1000000000, 2, [1, 2], [1]`,
  );
  const { rows, failures } = await roundUpTo(2n);
  expect(rows).toBe(1);
  expect([openDays.has(DAY), openDays.has(DAY + 1)]).toEqual([false, true]);
  expect(failures).toMatchObject([
    { message: "profiles of 2024-10-05 (UTC)", cause: { code: "failed" } },
  ]);
  expect(await hours()).toEqual(["0\t0\t2\t[]\t[]", "1\t3\t2\t[1]\t[1]"]);
});

it("ends with its signal, without a mark", async () => {
  await engine.command(
    `INSERT INTO profiles (dataset, series, time, profile, partition, stack, value) SELECT 1, number % 50, ${DAY * 86_400} * 1000000000 + number, number + 1, 7, range(1, 2000), arrayMap(i -> 1, range(1, 2000)) FROM numbers(10000)`,
  );
  const controller = new AbortController();
  const round = roundUpTo(10_000n, controller.signal);
  await insertRuns();
  controller.abort();
  await expect(round).rejects.toMatchObject({ name: "AbortError" });
  const answer = await engine.query("SELECT count() FROM hours WHERE dataset = 0 FORMAT TSV");
  expect(Buffer.from(answer).toString()).toBe("0\n");
  expect((await roundUpTo(10_000n)).rows).toBe(50);
  const sum = await engine.query("SELECT sum(arraySum(value)) FROM hours FORMAT TSV");
  expect(Buffer.from(sum).toString()).toBe(`${10_000 * 1999}\n`);
});

/** Waits until the statement that adds up is under way. */
async function insertRuns(): Promise<void> {
  const running =
    "SELECT count() FROM system.processes WHERE query LIKE '%INSERT INTO hours%arraySort%' AND query NOT LIKE '%processes%' FORMAT TSV";
  while (Buffer.from(await engine.query(running)).toString() === "0\n");
}
