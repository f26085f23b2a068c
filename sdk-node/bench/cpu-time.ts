import { readdirSync, readFileSync } from "node:fs";

/** CPU nanoseconds used so far by this process's main thread and by all its others. */
export interface CpuTime {
  readonly main: number;
  readonly others: number;
}

/** Reads `/proc/self/task`; elsewhere everything counts as the main thread. */
export function cpuTime(): CpuTime {
  let main = 0;
  let others = 0;
  try {
    for (const task of readdirSync("/proc/self/task")) {
      const nanos = Number(readFileSync(`/proc/self/task/${task}/schedstat`, "utf8").split(" ")[0]);
      if (task === String(process.pid)) main = nanos;
      else others += nanos;
    }
  } catch {
    const { user, system } = process.cpuUsage();
    return { main: (user + system) * 1_000, others: 0 };
  }
  return { main, others };
}
