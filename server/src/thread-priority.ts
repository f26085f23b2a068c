import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/**
 * Lets other threads of the machine go before the calling one: it is so much nicer than it was, as of processes, 19 at
 * most. On Linux only, where a thread has a priority of its own; elsewhere nothing happens.
 */
export function lowerThreadPriority(nice: number): void {
  try {
    const thread = /\d+$/.exec(readlinkSync("/proc/thread-self"))?.[0];
    if (thread !== undefined) lower(Number(thread), nice);
  } catch {
    // No such file, or a sandbox that does not allow it: the thread works as well without.
  }
}

/** The same for all threads of this process that have a name now, as Linux knows it (15 bytes at most). */
export function lowerPriorityOfThreads(name: string, nice: number): void {
  try {
    for (const thread of readdirSync(TASKS)) {
      if (nameOf(thread) === name) lower(Number(thread), nice);
    }
  } catch {
    // As above.
  }
}

const TASKS = "/proc/self/task";

function nameOf(thread: string): string | undefined {
  try {
    return readFileSync(`${TASKS}/${thread}/comm`, "utf8").trimEnd();
  } catch {
    // It has ended.
    return undefined;
  }
}

function lower(thread: number, nice: number): void {
  setPriority(thread, Math.min(getPriority() + nice, 19));
}
