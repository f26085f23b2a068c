import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine } from "../src/store/engine.ts";

/** Inserts rows given in Native format. */
export async function insertNative(
  engine: Engine,
  table: string,
  bytes: Uint8Array,
): Promise<void> {
  const file = join(engine.scratchDirectory, `${randomUUID()}.native`);
  try {
    await writeFile(file, bytes);
    await engine.insertFiles([{ table, files: [{ path: file }] }]);
  } finally {
    await rm(file, { force: true });
  }
}
