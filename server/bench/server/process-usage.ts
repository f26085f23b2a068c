import { readFileSync, writeFileSync } from "node:fs";
import { sumOf } from "./statistics.ts";

/** What a process and its descendants have used so far. */
export interface ProcessUsage {
  /** User and system time of all threads, in milliseconds, with a resolution of 10. */
  readonly cpuMs: number;
  /** Most resident memory since {@link resetPeakRss} (or the start), in bytes. */
  readonly peakRssBytes: number;
}

/** CPU ticks per second: USER_HZ, fixed at 100 for every architecture Linux runs Node on. */
const ticksPerSecond = 100;

/** Reads the use of a process tree from /proc. */
export function usageOf(pid: number): ProcessUsage {
  const parts = treeOf(pid).map((one) => {
    // The command name may hold blanks and parentheses, so fields are counted from its end.
    const stat = readFileSync(`/proc/${one}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const status = readFileSync(`/proc/${one}/status`, "utf8");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return {
      cpuMs: (ticks * 1000) / ticksPerSecond,
      peakRssBytes: statusBytes(status, "VmHWM"),
    };
  });
  return {
    cpuMs: sumOf(parts.map((part) => part.cpuMs)),
    peakRssBytes: sumOf(parts.map((part) => part.peakRssBytes)),
  };
}

/** Lets the peak count from now on. */
export function resetPeakRss(pid: number): void {
  for (const one of treeOf(pid)) writeFileSync(`/proc/${one}/clear_refs`, "5");
}

function treeOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  const direct = children === "" ? [] : children.split(" ").map(Number);
  return [pid, ...direct.flatMap(treeOf)];
}

function statusBytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
}
