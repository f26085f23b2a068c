import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createCommitter, type SealedFile } from "./commit.ts";
import { type Engine, openEngine } from "./engine.ts";
import {
  ArrayColumn,
  encodeNativeBlock,
  FixedColumn,
  Uint32Column,
  Uint64Column,
} from "./native-block.ts";
import { bigintsOf, decodeNative } from "./native-reader.ts";
import { OpenDays } from "./open-days.ts";

const directory = mkdtempSync(join(tmpdir(), "pyrospan-commit-"));
let engine: Engine;
let files = 0;

beforeAll(async () => {
  engine = await openEngine(directory, { readers: 1 });
});

afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true, force: true });
});

/** One profile on a day of 1970, with the day's number as its total. */
function dayFile(day: number): SealedFile {
  const number = (value: bigint, type: "UInt64" | "Int64" = "Int64"): Uint64Column => {
    const column = new Uint64Column(type);
    column.pushBigint(value);
    return column;
  };
  const list = <T extends Uint32Column | Uint64Column | FixedColumn>(items: T): ArrayColumn<T> => {
    const column = new ArrayColumn(items);
    column.endRow();
    return column;
  };
  const profile = new Uint32Column();
  profile.push(0);
  const id = new FixedColumn(16, "UUID");
  id.push(new Uint8Array(16));
  return file(
    encodeNativeBlock({
      dataset: number(1n, "UInt64"),
      series: number(1n, "UInt64"),
      time: number(BigInt(day) * 86_400_000_000_000n),
      profile,
      partition: number(1n, "UInt64"),
      profile_id: id,
      duration: number(0n),
      total: number(BigInt(day)),
      spans: list(new Uint64Column()),
      traces: list(new FixedColumn(16)),
      span_totals: list(new Uint64Column("Int64")),
      span: list(new Uint32Column()),
      stack: list(new Uint32Column()),
      value: list(new Uint64Column("Int64")),
    }),
  );
}

function file(bytes: Uint8Array): SealedFile {
  const path = join(engine.scratchDirectory, `test-${files++}.native`);
  writeFileSync(path, bytes);
  return { path, rows: 1, bytes: bytes.length };
}

async function rows(): Promise<[total: bigint, ordinal: bigint][]> {
  const answer = decodeNative(
    await engine.query("SELECT total, profile FROM profiles ORDER BY profile"),
  );
  const ordinals = bigintsOf(answer, "profile");
  return Array.from(bigintsOf(answer, "total"), (total, i) => [total, ordinals[i]!]);
}

/** A file of `dayFile`. */
const day = (sealed: SealedFile, day = 0) => ({
  day,
  profileCount: 1,
  sampleCount: 1,
  file: sealed,
});

it("numbers profiles on, from batch to batch and after reopening", async () => {
  const first = await createCommitter(engine);
  await first.commit([{ tables: [], days: [day(dayFile(1)), day(dayFile(2))] }]);
  await first.commit([{ tables: [], days: [day(dayFile(3))] }]);
  const second = await createCommitter(engine);
  await second.commit([{ tables: [], days: [day(dayFile(4))] }]);
  expect(await rows()).toEqual([
    [1n, 1n],
    [2n, 2n],
    [3n, 3n],
    [4n, 4n],
  ]);
});

it("takes back what was inserted of a batch that fails, and goes on", async () => {
  const committer = await createCommitter(engine);
  const before = await rows();
  const good = dayFile(5);
  const broken = file(new Uint8Array([1, 2, 3]));
  await expect(
    committer.commit([{ tables: [], days: [day(good), day(broken, 1)] }]),
  ).rejects.toThrow("[failed]");
  expect(await rows()).toEqual(before);
  const left = () => [good, broken].filter(({ path }) => existsSync(path));
  await expect.poll(left).toEqual([]);
  await committer.commit([{ tables: [], days: [day(dayFile(6))] }]);
  expect((await rows()).slice(before.length).map(([total]) => total)).toEqual([6n]);
});

it("writes the batches of a group as one part of a day, or none of them", async () => {
  const committer = await createCommitter(engine);
  const before = await rows();
  const batch = (sealed: SealedFile) => ({ tables: [], days: [day(sealed, 20)] });
  await committer.commit([batch(dayFile(20)), batch(dayFile(20)), batch(dayFile(20))]);
  const answer = await engine.query(
    "SELECT _part AS part, count() AS n FROM profiles WHERE total = 20 GROUP BY part",
  );
  expect([...bigintsOf(decodeNative(answer), "n")]).toEqual([3n]);
  const after = await rows();
  const last = before.at(-1)![1];
  expect(after.slice(before.length).map(([, ordinal]) => ordinal - last)).toEqual([1n, 2n, 3n]);
  const broken = file(new Uint8Array([1, 2, 3]));
  await expect(committer.commit([batch(dayFile(21)), batch(broken)])).rejects.toThrow("[failed]");
  expect(await rows()).toEqual(after);
});

it("stores no profile when its symbols fail", async () => {
  const committer = await createCommitter(engine);
  const before = await rows();
  const broken = { table: "stacks", file: file(new Uint8Array([9])) };
  await expect(committer.commit([{ tables: [broken], days: [day(dayFile(7))] }])).rejects.toThrow();
  expect(await rows()).toEqual(before);
});

it("tells which profiles are settled: not those of a batch under way", async () => {
  const openDays = new OpenDays();
  const committer = await createCommitter(engine, openDays);
  const before = openDays.begin().upto;
  openDays.end(new Set());
  const good = committer.commit([{ tables: [], days: [day(dayFile(8), 8), day(dayFile(9), 9)] }]);
  expect(openDays.begin()).toEqual({ upto: before, days: new Set() });
  await good;
  expect([openDays.has(8), openDays.has(9), openDays.has(10)]).toEqual([true, true, false]);
  openDays.end(new Set());
  expect(openDays.begin()).toEqual({ upto: before + 2n, days: new Set([8, 9]) });
  const broken = file(new Uint8Array([1, 2, 3]));
  const bad = committer.commit([{ tables: [], days: [day(dayFile(10), 10), day(broken, 11)] }]);
  expect(openDays.begin().upto).toBe(before + 2n);
  await expect(bad).rejects.toThrow("[failed]");
  expect(openDays.begin().upto).toBe(before + 4n);
});

it("gives no ordinal again that is in sums by hour, whether or not its profile is still there", async () => {
  await engine.command(
    "INSERT INTO hours (dataset, series, hour, partition, upto) VALUES (0, 0, 24, 0, 1000)",
  );
  const openDays = new OpenDays();
  const committer = await createCommitter(engine, openDays);
  expect(openDays.begin().upto).toBe(1000n);
  await committer.commit([{ tables: [], days: [day(dayFile(11))] }]);
  expect((await rows()).at(-1)).toEqual([11n, 1001n]);
});
