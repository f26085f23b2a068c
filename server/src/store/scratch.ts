import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { join } from "node:path";

/** Linux' file system in memory. */
const MEMORY_DIRECTORY = "/dev/shm";
/** Containers often give it 64 MiB, too little for the batches of a busy server. */
const MIN_MEMORY_BYTES = 256 * 1024 * 1024;
const PREFIX = "pyrospan-";
/** Nobody writes to a directory that was not changed for so long; its owner, if it has one, makes it anew. */
const ABANDONED_MS = 86_400_000;

/** Directories for files that live for one insert. */
export interface ScratchDirectories {
  /** In memory where there is room, else the same as `onDisk`. */
  readonly preferred: string;
  /** Below the data directory. */
  readonly onDisk: string;
}

/**
 * Makes the directories and removes what processes which are gone left in them. `memory` is where the first is made:
 * containers may share it, and a process id says nothing about those of another.
 */
export function createScratchDirectories(
  dataDirectory: string,
  memory: string | undefined = memoryDirectory(),
): ScratchDirectories {
  const onDisk = join(dataDirectory, "scratch");
  mkdirSync(onDisk, { recursive: true });
  for (const name of readdirSync(onDisk)) rmSync(join(onDisk, name), { recursive: true });
  if (memory === undefined) return { preferred: onDisk, onDisk };
  const namespace = processNamespace();
  try {
    for (const name of readdirSync(memory)) {
      if (name.startsWith(PREFIX)) removeAbandoned(join(memory, name), name, namespace);
    }
    return {
      preferred: mkdtempSync(join(memory, `${PREFIX}${process.pid}-${namespace}-`)),
      onDisk,
    };
  } catch {
    return { preferred: onDisk, onDisk };
  }
}

function removeAbandoned(path: string, name: string, namespace: string): void {
  try {
    const [, pid, of] = new RegExp(`^${PREFIX}(\\d+)-(\\d+)-`).exec(name) ?? [];
    const isGone = of === namespace && !isAlive(Number(pid));
    if (isGone || Date.now() - statSync(path).mtimeMs > ABANDONED_MS) {
      rmSync(path, { recursive: true, force: true });
    }
  } catch {
    // Another user's, or another process was faster.
  }
}

/** Number of the space in which this process has its id. */
function processNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
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
