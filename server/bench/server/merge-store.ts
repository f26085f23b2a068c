import { openEngine } from "../../src/store/engine.ts";
import { decodeNative, textsOf } from "../../src/store/native-reader.ts";
import { tables } from "../../src/store/schema.ts";
import { diskUsage } from "./disk-usage.ts";

/**
 * Merges every table of a stopped server's store to the end and tells the bytes it takes on disk then, everything
 * included but the parts that were merged away, which the engine removes some minutes later.
 */
export async function mergedStoreBytes(dataPath: string): Promise<number> {
  const engine = await openEngine(dataPath);
  for (const { name } of tables) await engine.command(`OPTIMIZE TABLE ${name} FINAL`);
  const outdated = textsOf(
    decodeNative(
      await engine.query(
        "SELECT path FROM system.parts WHERE database = currentDatabase() AND NOT active",
      ),
    ),
    "path",
  );
  await engine.close();
  let bytes = await diskUsage(dataPath);
  for (const path of outdated) bytes -= await diskUsage(path);
  return bytes;
}
