import { readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/**
 * Lets other threads of the machine go before the calling one: it is so much nicer than it was, as of processes, 19 at
 * most. On Linux only, where a thread has a priority of its own; elsewhere nothing happens.
 */
export function lowerThreadPriority(nice: number): void {
  try {
    const thread = /\d+$/.exec(readlinkSync("/proc/thread-self"))?.[0];
    if (thread !== undefined) setPriority(Number(thread), Math.min(getPriority() + nice, 19));
  } catch {
    // No such file, or a sandbox that does not allow it: the thread works as well without.
  }
}
