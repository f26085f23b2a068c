import { existsSync, readFileSync } from "node:fs";

/** Whether the system tells the memory of processes: Linux alone does. */
export const tellsMemory: boolean = existsSync("/proc/self/status");

/** Memory that a process holds (RSS), in bytes; 0 where the system does not tell. */
export function residentBytes(pid: number): number {
  return tellsMemory ? memoryField(pid, "VmRSS") : 0;
}

/** Most memory that a process held so far, in bytes; 0 where the system does not tell. */
export function peakResidentBytes(pid: number): number {
  return tellsMemory ? memoryField(pid, "VmHWM") : 0;
}

function memoryField(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
}
