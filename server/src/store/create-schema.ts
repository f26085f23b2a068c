import { EngineError } from "./engine-error.ts";
import { bigintsOf, decodeNative, numbersOf, textsOf } from "./native-reader.ts";
import { samplesView, schemaVersion, type TableSchema, tables } from "./schema.ts";

/** What making the tables needs of an engine. */
export interface SchemaEngine {
  query(sql: string): Promise<Uint8Array>;
  command(sql: string): Promise<void>;
}

/**
 * Makes the tables that are missing and sets whether inserts are forced to disk. Where all is as it should be nothing
 * is written: on a full disk the engine leaves a table's definition empty when it writes it anew, and never opens the
 * store again.
 *
 * Throws `wrong_version` when the data was written by a newer version, `disk_full` when there is something to write
 * and no room for it.
 */
export async function createSchema(
  engine: SchemaEngine,
  options: { readonly fsync: boolean },
): Promise<void> {
  const definitions = await storedDefinitions(engine);
  const write = async (sql: string): Promise<void> => {
    await checkRoom(engine);
    await engine.command(sql);
  };
  if (!definitions.has("schema_version")) {
    await write(
      "CREATE TABLE IF NOT EXISTS schema_version (version UInt32) ENGINE = MergeTree ORDER BY version SETTINGS fsync_after_insert = 1, fsync_part_directory = 1",
    );
  }
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
  for (const table of tables) {
    const definition = definitions.get(table.name);
    const fsync = options.fsync || table.alwaysFsync === true;
    if (definition === undefined) await write(createStatement(table, fsync));
    else if (!hasFsync(definition, fsync)) {
      await write(`ALTER TABLE ${table.name} MODIFY SETTING ${fsyncSettings(fsync)}`);
    }
  }
  if (!definitions.has("samples")) await write(samplesView);
  if (version < schemaVersion) await write(`INSERT INTO schema_version SELECT ${schemaVersion}`);
}

/** Free bytes below which no definition is written. */
const ROOM_BYTES = 16 * 1024 * 1024;

async function checkRoom(engine: SchemaEngine): Promise<void> {
  const answer = await engine.query("SELECT min(unreserved_space) AS bytes FROM system.disks");
  if ((bigintsOf(decodeNative(answer), "bytes")[0] ?? 0n) < ROOM_BYTES) {
    throw new EngineError("disk_full", "the disk is too full to make or change tables");
  }
}

/** `CREATE` statements of the tables that are there, by name. */
async function storedDefinitions(engine: SchemaEngine): Promise<ReadonlyMap<string, string>> {
  const answer = decodeNative(
    await engine.query(
      "SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase()",
    ),
  );
  const statements = textsOf(answer, "create_table_query");
  return new Map(textsOf(answer, "name").map((name, row) => [name, statements[row]!]));
}

function fsyncSettings(fsync: boolean): string {
  return FSYNC_SETTINGS.map((name) => `${name} = ${Number(fsync)}`).join(", ");
}

function hasFsync(definition: string, fsync: boolean): boolean {
  return FSYNC_SETTINGS.every((name) => definition.includes(`${name} = ${Number(fsync)}`));
}

const FSYNC_SETTINGS = ["fsync_after_insert", "fsync_part_directory"] as const;

function createStatement(table: TableSchema, fsync: boolean): string {
  const columns = table.columns.map(
    ([name, type, , codec]) => `${name} ${type}${codec === undefined ? "" : ` CODEC(${codec})`}`,
  );
  const parts = [...columns, ...(table.indexes ?? [])].join(", ");
  const settings = [fsyncSettings(fsync), ...(table.settings ?? [])].join(", ");
  return `CREATE TABLE IF NOT EXISTS ${table.name} (${parts}) ENGINE = ${table.engine} SETTINGS ${settings}`;
}
