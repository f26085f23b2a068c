import type { Collector } from "./collect/collector.ts";
import { HeapCollector } from "./collect/heap-collector.ts";
import { TimeCollector } from "./collect/time-collector.ts";
import type { Config } from "./config.ts";
import type { Reporter } from "./logger.ts";

/** What is profiled: time (wall and, if configured, CPU) or memory. */
export type ProfileKind = "wall" | "heap";

/** A collector as configured, not started yet. */
export function createCollector(kind: ProfileKind, config: Config, reporter: Reporter): Collector {
  const { wall, heap, sourceMapper, stripFilenames, shortenPaths } = config;
  const frames = { sourceMapper, stripFilenames, shortenPaths };
  if (kind === "wall") {
    return new TimeCollector({
      ...frames,
      intervalMicros: wall.samplingIntervalMicros,
      collectIntervalMs: wall.collectIntervalMs,
      collectCpuTime: wall.collectCpuTime,
    });
  }
  return new HeapCollector(
    { ...frames, intervalBytes: heap.samplingIntervalBytes, stackDepth: heap.stackDepth },
    reporter,
  );
}
