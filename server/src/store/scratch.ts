import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

/** Linux' file system in memory. */
const MEMORY_DIRECTORY = "/dev/shm";
/** Containers often give it 64 MiB, too little for the batches of a busy server. */
const MIN_MEMORY_BYTES = 256 * 1024 * 1024;
const PREFIX = "pyrospan-";

/**
 * Makes a directory for files that live for one insert: in memory where there is room, else below the data directory.
 * Removes those that processes which are gone left behind.
 */
export function createScratchDirectory(dataDirectory: string): string {
  const inMemory = memoryDirectory();
  const parent = inMemory ?? join(dataDirectory, "scratch");
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) {
      rmSync(join(parent, name), { recursive: true, force: true });
    }
  }
  return mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
}

function memoryDirectory(): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_DIRECTORY);
    return bavail * bsize >= MIN_MEMORY_BYTES ? MEMORY_DIRECTORY : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
