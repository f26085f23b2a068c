import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

/** Linux' file system in memory. */
const MEMORY_DIRECTORY = "/dev/shm";
/** Containers often give it 64 MiB, too little for the batches of a busy server. */
const MIN_MEMORY_BYTES = 256 * 1024 * 1024;
const PREFIX = "pyrospan-";

/** Directories for files that live for one insert. */
export interface ScratchDirectories {
  /** In memory where there is room, else the same as `onDisk`. */
  readonly preferred: string;
  /** Below the data directory. */
  readonly onDisk: string;
}

/** Makes the directories and removes what processes which are gone left in them. */
export function createScratchDirectories(dataDirectory: string): ScratchDirectories {
  const onDisk = join(dataDirectory, "scratch");
  mkdirSync(onDisk, { recursive: true });
  for (const name of readdirSync(onDisk)) rmSync(join(onDisk, name), { recursive: true });
  const parent = memoryDirectory();
  if (parent === undefined) return { preferred: onDisk, onDisk };
  for (const name of readdirSync(parent)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) {
      rmSync(join(parent, name), { recursive: true, force: true });
    }
  }
  return { preferred: mkdtempSync(join(parent, `${PREFIX}${process.pid}-`)), onDisk };
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
