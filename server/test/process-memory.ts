import { readFileSync } from "node:fs";

/** Memory that a process holds (RSS), in bytes. Linux alone says. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
