import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";

/**
 * Lets other threads of the machine go before the calling one: `nice` as of processes, 0 to 19. On Linux only, where a
 * thread has a priority of its own; elsewhere nothing happens.
 */
export function lowerThreadPriority(nice: number): void {
  try {
    const thread = /\d+$/.exec(readlinkSync("/proc/thread-self"))?.[0];
    if (thread !== undefined) setPriority(Number(thread), nice);
  } catch {
    // No such file, or a sandbox that does not allow it: the thread works as well without.
  }
}
