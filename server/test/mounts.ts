import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { appendFile, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of its own in memory, of a fixed size. */
export interface SmallDisk {
  readonly path: string;
  unmount(): void;
}

/** Mounts a small file system, or returns undefined where that is not allowed (it takes root). */
export function mountSmallDisk(mebibytes: number): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), "pyrospan-disk-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", path]);
  if (status !== 0) {
    rmSync(path, { recursive: true });
    return undefined;
  }
  return {
    path,
    unmount: () => {
      spawnSync("umount", ["--lazy", path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/**
 * Command that starts another with a `/dev/shm` of its own, of a fixed size; undefined where that is not allowed. The
 * process is the same before and after.
 */
export function withSmallSharedMemory(mebibytes: number): readonly string[] | undefined {
  const mount = `mount -t tmpfs -o size=${mebibytes}m tmpfs /dev/shm && exec "$@"`;
  const command = ["unshare", "--mount", "sh", "-c", mount, "sh"] as const;
  const [program, ...args] = command;
  return spawnSync(program, [...args, "true"]).status === 0 ? command : undefined;
}

/** Takes all the room that is left on the file system of `directory`; returns the file to remove to give it back. */
export async function fillDisk(directory: string): Promise<string> {
  const file = join(directory, "ballast-rest");
  await writeFile(file, "");
  for (let piece = Buffer.alloc(1024 * 1024); piece.length >= 1; ) {
    const { bavail, bsize } = await statfs(directory);
    if (bavail * bsize === 0) break;
    try {
      await appendFile(file, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      piece = piece.subarray(0, piece.length >> 1);
    }
  }
  return file;
}

/** A file that takes room until it is removed. */
export async function ballast(directory: string, mebibytes: number): Promise<string> {
  const file = join(directory, "ballast");
  await rm(file, { force: true });
  await writeFile(file, Buffer.alloc(mebibytes * 1024 * 1024));
  return file;
}
