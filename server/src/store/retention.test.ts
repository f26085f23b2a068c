import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Engine, openEngine } from "./engine.ts";
import { decodeNative, textsOf } from "./native-reader.ts";
import { removeExpired } from "./retention.ts";

const DAY_MS = 86_400_000;
const today = 20_000;
/** Few, as a deletion costs the engine a tenth of a second for each part, and each day is one. */
const days = 6;
const nowMs = (today + 0.5) * DAY_MS;
let directory: string;
let engine: Engine;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "pyrospan-retention-"));
  engine = await openEngine(directory, { readers: 1, fsync: false });
  // A profile a day for each of two tenants; the data set's number is the tenant's. Together, as each insert is a part.
  const each = `(SELECT toUInt8(number % 2) AS tenant, ${today} - intDiv(number, 2) AS day FROM numbers(${2 * days}))`;
  await engine.command(
    `INSERT INTO series (tenant, day, dataset, series) SELECT ['a', 'b'][tenant + 1], toDate(day), tenant, tenant FROM ${each}`,
  );
  await engine.command(
    `INSERT INTO profiles (dataset, series, time, profile) SELECT tenant, tenant, day * 86400000000000, ${today} - day FROM ${each}`,
  );
  await engine.command(
    `INSERT INTO hours (dataset, series, hour) SELECT tenant, tenant, day * 24 + 23 FROM ${each}`,
  );
  await engine.command(
    `INSERT INTO stacks (day, partition, id) SELECT toDate(${today} - number), 1, 1 FROM numbers(${days})`,
  );
});

afterEach(async () => {
  await engine.close();
  rmSync(directory, { recursive: true, force: true });
});

async function one(sql: string): Promise<string> {
  return textsOf(
    decodeNative(await engine.query(`SELECT assumeNotNull(toString(${sql})) AS text`)),
    "text",
  )[0]!;
}

const count = (table: string, where = "1") => one(`(SELECT count() FROM ${table} WHERE ${where})`);

it("drops the days that nobody keeps, and symbols two days later", async () => {
  await removeExpired(engine, { defaultMs: 2 * DAY_MS, tenantMs: new Map() }, nowMs);
  expect(await count("profiles")).toBe("6");
  expect(await one("(SELECT min(intDiv(time, 86400000000000)) FROM profiles)")).toBe("19998");
  expect(await count("hours")).toBe("6");
  expect(await one("(SELECT min(intDiv(hour, 24)) FROM hours)")).toBe("19998");
  expect(await count("series")).toBe("6");
  expect(await count("stacks")).toBe("5");
});

it("keeps everything when the retention is 0", async () => {
  await removeExpired(engine, { defaultMs: 0, tenantMs: new Map() }, nowMs);
  expect(await count("profiles")).toBe("12");
});

it("lets tenants keep more or less than the others", async () => {
  await engine.command("SET mutations_sync = 1");
  const tenantMs = new Map([["a", DAY_MS]]);
  await removeExpired(engine, { defaultMs: 0, tenantMs }, nowMs);
  expect(await count("profiles", "dataset = 0")).toBe("2");
  expect(await count("profiles", "dataset = 1")).toBe("6");
  expect(await count("hours", "dataset = 0")).toBe("2");
  expect(await count("hours", "dataset = 1")).toBe("6");
  expect(await count("series", "tenant = 'a'")).toBe("2");
  await removeExpired(engine, { defaultMs: DAY_MS, tenantMs: new Map([["a", 3 * DAY_MS]]) }, nowMs);
  expect(await count("profiles", "dataset = 0")).toBe("2");
  expect(await count("profiles", "dataset = 1")).toBe("2");
});

it("removes sums by hour that a round writes meanwhile or afterwards", async () => {
  await engine.command("SET mutations_sync = 1");
  const tenantMs = new Map([["a", 4 * DAY_MS]]);
  const late: Pick<Engine, "query" | "command"> = {
    query: (sql) => engine.query(sql),
    command: async (sql) => {
      if (sql.startsWith("ALTER TABLE series")) {
        await engine.command(
          `INSERT INTO hours (dataset, series, hour) SELECT 0, 0, ${(today - 5) * 24}`,
        );
      }
      await engine.command(sql);
    },
  };
  await removeExpired(late, { defaultMs: 0, tenantMs }, nowMs);
  expect(await count("profiles", "dataset = 0")).toBe("5");
  expect(await count("series", "tenant = 'a'")).toBe("6");
  await removeExpired(engine, { defaultMs: 0, tenantMs }, nowMs);
  expect(await count("hours", "dataset = 0")).toBe("5");
  expect(await count("series", "tenant = 'a'")).toBe("5");
  // Written later still.
  await engine.command(
    `INSERT INTO hours (dataset, series, hour) SELECT 0, 0, ${(today - 5) * 24}`,
  );
  await removeExpired(engine, { defaultMs: 0, tenantMs }, nowMs);
  expect(await count("hours", "dataset = 0")).toBe("5");
});
