import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { openEngine } from "./engine.ts";
import { decodeNative, textsOf } from "./native-reader.ts";

describe("schema of an existing store", () => {
  const path = mkdtempSync(join(tmpdir(), "pyrospan-schema-"));
  afterEach(() => rmSync(path, { recursive: true, force: true }));

  test("is written where it differs, and not touched where it is right", async () => {
    await (await openEngine(path)).close();
    const first = definitionFiles(path);
    expect(first.length).toBeGreaterThan(5);
    await (await openEngine(path)).close();
    expect(definitionFiles(path)).toEqual(first);

    const engine = await openEngine(path, { fsync: false });
    const tables = decodeNative(
      await engine.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND create_table_query LIKE '%fsync_after_insert = 0, fsync_part_directory = 0%' ORDER BY name",
      ),
    );
    expect(textsOf(tables, "name")).toEqual([
      "functions",
      "locations",
      "mappings",
      "profiles",
      "series",
      "stacks",
    ]);
    await engine.close();
    expect(definitionFiles(path)).not.toEqual(first);
  });

  test("of version 1 gets the table of sums by hour, empty, and is no longer opened by that version", async () => {
    const before = await openEngine(path);
    await before.command("DROP TABLE hours");
    await before.command("TRUNCATE TABLE schema_version");
    await before.command("INSERT INTO schema_version SELECT 1");
    await before.close();
    const engine = await openEngine(path);
    const answer = await engine.query(
      "SELECT (SELECT count() FROM hours), (SELECT max(version) FROM schema_version) FORMAT TSV",
    );
    expect(Buffer.from(answer).toString()).toBe("0\t2\n");
    await engine.close();
  });
});

/** Definitions of tables with the time of their last change. */
function definitionFiles(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".sql"))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => file.includes("/store/"))
    .map((file) => `${file} ${statSync(file, { bigint: true }).mtimeNs}`)
    .sort();
}
