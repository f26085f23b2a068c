import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Session } from "chdb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { insertNative } from "../../test/insert-native.ts";
import { type Engine, EngineError, openEngine } from "./engine.ts";
import { encodeNativeBlock, Uint32Column } from "./native-block.ts";
import { bigintsOf, decodeNative, numbersOf, textsOf } from "./native-reader.ts";

/** Reads numbers for ever, as far as a test is concerned, checking for the end often. */
const ENDLESS = "SELECT count() AS n FROM numbers(1e15) WHERE sipHash64(number) = 1";

const directory = mkdtempSync(join(tmpdir(), "pyrospan-engine-"));
let engine: Engine;

beforeAll(async () => {
  engine = await openEngine(directory, { readers: 2 });
});

afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true, force: true });
});

async function number(sql: string): Promise<bigint> {
  return bigintsOf(decodeNative(await engine.query(sql)), "n")[0]!;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "ok";
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    return (error as EngineError).code;
  }
}

describe("engine", () => {
  it("merges with less priority than it answers", async () => {
    const answer = await engine.query(
      "SELECT value FROM system.server_settings WHERE name = 'os_threads_nice_value_merge_mutate'",
    );
    expect(textsOf(decodeNative(answer), "value")).toEqual(["15"]);
  });

  it("makes the tables of the schema", async () => {
    const names = textsOf(
      decodeNative(
        await engine.query(
          "SELECT name FROM system.tables WHERE database = 'default' ORDER BY name",
        ),
      ),
      "name",
    );
    expect(names).toEqual([
      "functions",
      "hours",
      "locations",
      "mappings",
      "profiles",
      "samples",
      "schema_version",
      "series",
      "stacks",
    ]);
  });

  it("shows rows to queries that start after the insert", async () => {
    await engine.command("CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a");
    const a = new Uint32Column();
    for (let i = 0; i < 1000; i++) a.push(i);
    await insertNative(engine, "t", encodeNativeBlock({ a }));
    expect(await number("SELECT sum(a) AS n FROM t")).toBe(499_500n);
  });

  it("tells of changes before the statement's promise resolves", async () => {
    await engine.command("CREATE TABLE watched (a UInt32) ENGINE = MergeTree ORDER BY a");
    const told: (number | string)[] = [];
    engine.watch("watched", (rows) => {
      told.push(rows === undefined ? "changed" : decodeNative(rows).rows);
    });
    const a = new Uint32Column();
    a.push(1);
    a.push(2);
    await insertNative(engine, "watched", encodeNativeBlock({ a }));
    expect(told.splice(0)).toEqual([2]);
    const file = join(engine.scratchDirectory, "watched.native");
    writeFileSync(file, encodeNativeBlock({ a }));
    const twice = { table: "watched", files: [{ path: file, columns: "a + 2" }, { path: file }] };
    await engine.insertFiles([twice]);
    expect(told.splice(0)).toEqual([4]);
    expect(await number("SELECT sum(a) AS n FROM watched")).toBe(13n);
    await engine.command("INSERT INTO watched VALUES (5)");
    await engine.command("ALTER TABLE watched DELETE WHERE a = 5");
    expect(told.splice(0)).toEqual(["changed", "changed"]);
    const failing = { table: "watched", files: [{ path: file, columns: "throwIf(a > 0)" }] };
    expect(await codeOf(engine.insertFiles([failing]))).toBe("failed");
    expect(told).toEqual(["changed"]);
    await engine.command("INSERT INTO t VALUES (5)");
    expect(told).toHaveLength(1);
  });

  it("calculates the same at the first time and later", async () => {
    const sql = `SELECT toInt64(least(sum(toInt128(x)), 9223372036854775807)) AS n FROM (SELECT arrayJoin([-2, 1]) AS x, 1 AS k) GROUP BY k`;
    for (let i = 0; i < 8; i++) expect(await number(sql)).toBe(-1n);
  });

  it("gives empty answers their columns", async () => {
    expect(
      numbersOf(decodeNative(await engine.query("SELECT number::UInt8 AS x FROM numbers(0)")), "x"),
    ).toHaveLength(0);
  });

  it("ends the statement of a caller that leaves, not only its wait", async () => {
    const controller = new AbortController();
    const slow = codeOf(engine.query(ENDLESS, { signal: controller.signal }));
    await running(1);
    controller.abort();
    expect(await slow).toBe("cancelled");
    await running(0);
  });

  it("takes a statement that waits for a reader out of the queue", async () => {
    const controllers = [0, 1, 2].map(() => new AbortController());
    const results = controllers.map(({ signal }) => codeOf(engine.query(ENDLESS, { signal })));
    await running(2);
    controllers[2]!.abort();
    expect(await results[2]).toBe("cancelled");
    controllers[0]!.abort();
    controllers[1]!.abort();
    expect(await Promise.all(results)).toEqual(["cancelled", "cancelled", "cancelled"]);
  });

  it("ends statements at their time limit", async () => {
    expect(await codeOf(engine.query(ENDLESS, { timeoutMs: 50 }))).toBe("timeout");
  });

  it("ends statements at their memory limit, and only these", async () => {
    const sql = "SELECT count() AS n FROM (SELECT number FROM numbers(3000000) GROUP BY number)";
    expect(await codeOf(engine.query(sql, { maxMemoryBytes: 20_000_000 }))).toBe("memory");
    expect(await number(sql)).toBe(3_000_000n);
  });

  it("runs what can wait beside readers and writer, and ends it with its signal", async () => {
    const controller = new AbortController();
    const background = codeOf(engine.background(ENDLESS, controller.signal));
    await running(1);
    const next = codeOf(engine.background("SELECT 1", controller.signal));
    await engine.command("CREATE TABLE beside (a UInt32) ENGINE = MergeTree ORDER BY a");
    await engine.command("INSERT INTO beside VALUES (5)");
    const both = [number("SELECT sum(a) AS n FROM beside"), number("SELECT toUInt64(1) AS n")];
    expect(await Promise.all(both)).toEqual([5n, 1n]);
    controller.abort();
    expect(await Promise.all([background, next])).toEqual(["cancelled", "cancelled"]);
    const answer = await engine.background("SELECT toUInt64(2) AS n", new AbortController().signal);
    expect(bigintsOf(decodeNative(answer), "n")[0]).toBe(2n);
  });

  it("answers with nothing of a statement that failed or was ended halfway", async () => {
    const columns = async () => [
      ...decodeNative(await engine.query("SELECT 1 AS next")).columns.keys(),
    ];
    const onBothReaders = () => Promise.all([columns(), columns()]);
    const endless = "FROM numbers(1e15) SETTINGS max_block_size = 1000, max_threads = 1";
    const fails = engine.query(`SELECT throwIf(number = 100000) AS failed ${endless}`);
    expect(await codeOf(fails)).toBe("failed");
    expect(await onBothReaders()).toEqual([["next"], ["next"]]);
    const ended = engine.query(`SELECT number AS ended ${endless}`, { timeoutMs: 50 });
    expect(await codeOf(ended)).toBe("timeout");
    expect(await onBothReaders()).toEqual([["next"], ["next"]]);
  });

  it("inserts into one table after the other, up to the first that fails", async () => {
    const file = join(engine.scratchDirectory, "several.native");
    const a = new Uint32Column();
    a.push(1);
    writeFileSync(file, encodeNativeBlock({ a }));
    const tables = ["first", "second", "third"];
    for (const table of tables) {
      await engine.command(`CREATE TABLE ${table} (a UInt32) ENGINE = MergeTree ORDER BY a`);
    }
    const into = (table: string, columns = "*") => ({ table, files: [{ path: file, columns }] });
    await engine.insertFiles([]);
    await engine.insertFiles(tables.map((table) => into(table)));
    expect(
      await codeOf(
        engine.insertFiles([into("first"), into("second", "throwIf(1)"), into("third")]),
      ),
    ).toBe("failed");
    const counts = tables.map((table) => number(`SELECT count() AS n FROM ${table}`));
    expect(await Promise.all(counts)).toEqual([2n, 1n, 1n]);
  });

  it("inserts files from a directory of almost any name", async () => {
    const odd = join(directory, "it's a ü@+%20[1] \\ directory");
    await engine.command("CREATE TABLE odd (a UInt32) ENGINE = MergeTree ORDER BY a");
    const a = new Uint32Column();
    a.push(7);
    mkdirSync(odd);
    writeFileSync(join(odd, "rows.native"), encodeNativeBlock({ a }));
    await engine.insertFiles([{ table: "odd", files: [{ path: join(odd, "rows.native") }] }]);
    expect(await number("SELECT sum(a) AS n FROM odd")).toBe(7n);
    for (const name of ["a*", "a?", "{a}", "a.zip::b"]) {
      await expect(openEngine(join(directory, name))).rejects.toThrow("a data directory may not");
    }
  });

  it("says which process has the directory", () => {
    const program = `
      const { openEngine } = await import(${JSON.stringify(new URL("./engine.ts", import.meta.url).href)});
      await openEngine(${JSON.stringify(directory)}).catch((e) => { console.log(e.code, e.message); process.exit(3); });`;
    const child = spawnSync(
      process.execPath,
      ["--conditions=source", "--input-type=module", "-e", program],
      {
        encoding: "utf8",
      },
    );
    expect(child.stdout).toContain(`busy_directory`);
    expect(child.stdout).toContain(`in use by process ${process.pid}`);
    expect(child.status).toBe(3);
  });
});

/** Waits until that many endless statements run. The engine goes on listing an ended one until its connection has another. */
async function running(count: number): Promise<void> {
  const session = new Session(directory);
  try {
    let found: number;
    do {
      const sql = `SELECT count() FROM system.processes
        WHERE query LIKE '%1e15%' AND NOT is_cancelled AND query NOT LIKE '%system.processes%'`;
      found = Number((await session.queryAsync(sql, { format: "TSV" })).text());
    } while (found !== count);
  } finally {
    session.close();
  }
}

describe("a store that is opened again", () => {
  it("has its rows; closed, it refuses statements", async () => {
    await engine.command("CREATE TABLE kept (a UInt64) ENGINE = MergeTree ORDER BY a");
    await engine.command("INSERT INTO kept SELECT number FROM numbers(10)");
    const last = engine.query("SELECT count() AS n FROM numbers(100000000)");
    await engine.close();
    await last;
    expect(await codeOf(engine.query("SELECT 1"))).toBe("closed");
    expect(await codeOf(engine.command("SELECT 1"))).toBe("closed");
    engine = await openEngine(directory);
    expect(await number("SELECT count() AS n FROM kept")).toBe(10n);
  });

  it("is refused when a newer version wrote it", async () => {
    await engine.command("INSERT INTO schema_version SELECT 999");
    await engine.close();
    expect(await codeOf(openEngine(directory))).toBe("wrong_version");
  });
});
