import { EngineError } from "./engine-error.ts";
import { decodeNative, numbersOf } from "./native-reader.ts";
import { samplesView, schemaVersion, type TableSchema, tables } from "./schema.ts";

/** What making the tables needs of an engine. */
export interface SchemaEngine {
  query(sql: string): Promise<Uint8Array>;
  command(sql: string): Promise<void>;
}

/**
 * Makes the tables that are missing and sets whether inserts are forced to disk.
 * Throws `wrong_version` when the data was written by a newer version.
 */
export async function createSchema(
  engine: SchemaEngine,
  options: { readonly fsync: boolean },
): Promise<void> {
  await engine.command(
    "CREATE TABLE IF NOT EXISTS schema_version (version UInt32) ENGINE = MergeTree ORDER BY version SETTINGS fsync_after_insert = 1, fsync_part_directory = 1",
  );
  const found = decodeNative(
    await engine.query("SELECT max(version) AS version FROM schema_version"),
  );
  const version = numbersOf(found, "version")[0] ?? 0;
  if (version > schemaVersion) {
    throw new EngineError(
      "wrong_version",
      `the data has schema version ${version}, this program knows ${schemaVersion}`,
    );
  }
  for (const table of tables) await engine.command(createStatement(table, options.fsync));
  await engine.command(samplesView);
  if (version === schemaVersion) {
    const fsync = Number(options.fsync);
    for (const { name } of tables) {
      await engine.command(
        `ALTER TABLE ${name} MODIFY SETTING fsync_after_insert = ${fsync}, fsync_part_directory = ${fsync}`,
      );
    }
    return;
  }
  await engine.command(`INSERT INTO schema_version SELECT ${schemaVersion}`);
}

function createStatement(table: TableSchema, fsync: boolean): string {
  const columns = table.columns.map(
    ([name, type, , codec]) => `${name} ${type}${codec === undefined ? "" : ` CODEC(${codec})`}`,
  );
  const parts = [...columns, ...(table.indexes ?? [])].join(", ");
  const settings = [
    `fsync_after_insert = ${Number(fsync)}`,
    `fsync_part_directory = ${Number(fsync)}`,
    ...(table.settings ?? []),
  ].join(", ");
  return `CREATE TABLE IF NOT EXISTS ${table.name} (${parts}) ENGINE = ${table.engine} SETTINGS ${settings}`;
}
