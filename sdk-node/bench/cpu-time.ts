/** CPU nanoseconds used so far by this process's main thread and by all its others, also those that have ended. */
export interface CpuTime {
  readonly main: number;
  readonly others: number;
}

/** To be called on the main thread. */
export function cpuTime(): CpuTime {
  const all = nanosOf(process.cpuUsage());
  const main = nanosOf((process as NodeThatTellsThreads).threadCpuUsage());
  return { main, others: all - main };
}

function nanosOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) * 1_000;
}

/** Since Node 23.9; the types are those of the oldest Node that the SDK supports. */
interface NodeThatTellsThreads extends NodeJS.Process {
  threadCpuUsage(): NodeJS.CpuUsage;
}
