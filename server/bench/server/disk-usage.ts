import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

const blockBytes = 512;

/** Bytes that a file or folder takes on disk, as `du` counts them; 0 when it is not there. */
export async function diskUsage(path: string): Promise<number> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return 0;
  const own = stats.blocks * blockBytes;
  if (!stats.isDirectory()) return own;
  // A store may remove files while they are listed.
  const names = await readdir(path).catch(() => []);
  const parts = await Promise.all(names.map((name) => diskUsage(join(path, name))));
  return parts.reduce((total, bytes) => total + bytes, own);
}
