import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { insertNative } from "../../test/insert-native.ts";
import { type Engine, openEngine } from "./engine.ts";
import {
  ArrayColumn,
  encodeNativeBlock,
  FixedColumn,
  StringColumn,
  Uint8Column,
  Uint16Column,
  Uint32Column,
  Uint64Column,
} from "./native-block.ts";
import { decodeNative, type NativeColumn, numbersOf, textsOf, uuidText } from "./native-reader.ts";

const directory = mkdtempSync(join(tmpdir(), "pyrospan-native-"));
let engine: Engine;

beforeAll(async () => {
  engine = await openEngine(directory, { readers: 1, fsync: false });
});

afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true, force: true });
});

const row = fc.record({
  a: fc.integer({ min: 0, max: 255 }),
  b: fc.integer({ min: 0, max: 65_535 }),
  c: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  d: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  e: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  f: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  g: fc.uint8Array({ maxLength: 300 }),
  h: fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 5 }),
  i: fc.array(fc.string(), { maxLength: 3 }),
});

it("writes blocks that the engine reads, and reads what it answers", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 400 }), async (rows) => {
      const columns = {
        id: new Uint32Column(),
        a: new Uint8Column(),
        b: new Uint16Column(),
        c: new Uint32Column(),
        d: new Uint64Column(),
        e: new Uint64Column("Int64"),
        f: new FixedColumn(16),
        g: new StringColumn(),
        h: new ArrayColumn(new Uint32Column()),
        i: new ArrayColumn(new StringColumn()),
      };
      rows.forEach((r, id) => {
        columns.id.push(id);
        columns.a.push(r.a);
        columns.b.push(r.b);
        columns.c.push(r.c);
        columns.d.pushBigint(r.d);
        columns.e.pushBigint(r.e);
        columns.f.push(r.f);
        columns.g.push(r.g);
        for (const item of r.h) columns.h.items.push(item);
        columns.h.endRow();
        for (const item of r.i) columns.i.items.pushText(item);
        columns.i.endRow();
      });
      const table = `t${run++}`;
      await engine.command(
        `CREATE TABLE ${table} (id UInt32, a UInt8, b UInt16, c UInt32, d UInt64, e Int64, f FixedString(16), g String, h Array(UInt32), i Array(String)) ENGINE = MergeTree ORDER BY id`,
      );
      await insertNative(engine, table, encodeNativeBlock(columns));
      const answer = decodeNative(
        await engine.query(`SELECT * FROM ${table} ORDER BY id SETTINGS max_block_size = 100`),
      );
      await engine.command(`DROP TABLE ${table}`);
      const plain = Object.fromEntries([...answer.columns].map(([name, c]) => [name, plainOf(c)]));
      expect(plain).toEqual({
        id: rows.map((_, id) => id),
        a: rows.map((r) => r.a),
        b: rows.map((r) => r.b),
        c: rows.map((r) => r.c),
        d: rows.map((r) => r.d),
        e: rows.map((r) => r.e),
        f: rows.map((r) => [...r.f]),
        g: rows.map((r) => [...r.g]),
        h: rows.map((r) => r.h),
        i: rows.map((r) => r.i.map((text) => [...Buffer.from(text)])),
      });
    }),
    { numRuns: 20 },
  );
});

function plainOf(column: NativeColumn): unknown[] {
  switch (column.kind) {
    case "number":
    case "bigint":
      return [...column.values];
    case "text":
      return Array.from({ length: column.start.length - 1 }, (_, i) => [
        ...column.data.subarray(column.start[i], column.start[i + 1]),
      ]);
    case "fixed":
      return Array.from({ length: column.data.length / column.width }, (_, i) => [
        ...column.data.subarray(i * column.width, (i + 1) * column.width),
      ]);
    case "list": {
      const items = plainOf(column.items);
      return Array.from({ length: column.start.length - 1 }, (_, i) =>
        items.slice(column.start[i], column.start[i + 1]),
      );
    }
  }
}

it("reads UUIDs, dictionaries and other widths", async () => {
  const answer = decodeNative(
    await engine.query(`SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS id,
      toLowCardinality(concat('v', toString(number % 3))) AS word, toFloat64(number) / 2 AS half, toInt8(-number) AS small,
      toDate('1970-01-11') AS day FROM numbers(1000)`),
  );
  const id = answer.columns.get("id");
  expect(id?.kind === "fixed" && uuidText(id, 999)).toBe("61f0c404-5cb3-11e7-907b-a6006ad3dba0");
  expect(textsOf(answer, "word").slice(0, 4)).toEqual(["v0", "v1", "v2", "v0"]);
  expect(numbersOf(answer, "half")[7]).toBe(3.5);
  expect(numbersOf(answer, "small")[7]).toBe(-7);
  expect(numbersOf(answer, "day")[0]).toBe(10);
});

it("refuses an answer that is cut", () => {
  const column = new Uint32Column();
  column.push(7);
  const bytes = encodeNativeBlock({ a: column });
  expect(numbersOf(decodeNative(bytes), "a")[0]).toBe(7);
  expect(() => decodeNative(bytes.subarray(0, bytes.length - 1))).toThrow("ends before byte");
});

it("refuses an answer whose blocks have different columns", () => {
  const a = new Uint32Column();
  a.push(1);
  const b = new Uint32Column();
  b.push(2);
  const two = (...blocks: Parameters<typeof encodeNativeBlock>[0][]) =>
    Buffer.concat(blocks.map((block) => encodeNativeBlock(block)));
  expect(decodeNative(two({ a }, { a: b })).rows).toBe(2);
  expect(() => decodeNative(two({ a }, { b }))).toThrow("a column b after blocks with a");
});
