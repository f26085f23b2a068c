import type { PyroscopeConfig } from "@pyrospan/sdk-node";
import { spanSwitch } from "./tracing.ts";

/** Something that profiles, to be switched on and off many times in one process. */
export interface Profiling {
  start(serverAddress: string): void;
  stop(): Promise<void>;
}

/** A way to profile. Its code is loaded only when asked for, so that memory can be compared. */
export interface Setup {
  readonly name: string;
  load(): Promise<Profiling>;
}

const wallOnly: PyroscopeConfig = { wall: { collectCpuTime: false }, heap: { enabled: false } };

export const setups: readonly Setup[] = [
  { name: "off", load: async () => ({ start: () => {}, stop: async () => {} }) },
  { name: "wall", load: () => loadPyrospan(wallOnly, false) },
  { name: "wall + spans", load: () => loadPyrospan(wallOnly, true) },
  { name: "all kinds + spans", load: () => loadPyrospan({}, true) },
  { name: "@pyroscope/nodejs", load: loadIncumbent },
];

async function loadPyrospan(config: PyroscopeConfig, spans: boolean): Promise<Profiling> {
  const { createProfiler, spanLink } = await import("@pyrospan/sdk-node");
  const { PyrospanSpanProcessor } = await import("@pyrospan/otel-span-processor");
  const processor = new PyrospanSpanProcessor();
  const { source } = spanLink();
  const follow = (active: boolean): void => {
    const link = spanLink();
    spanSwitch.target = active ? processor : undefined;
    if (active && source !== undefined) link.source = source;
    else delete link.source;
    for (const listener of link.listeners) listener();
  };
  follow(false);
  let profiler: ReturnType<typeof createProfiler> | undefined;
  return {
    start: (serverAddress) => {
      follow(spans);
      profiler = createProfiler({ appName: "bench", serverAddress, ...config });
      profiler.start();
    },
    stop: async () => {
      await profiler?.stop();
      follow(false);
    },
  };
}

/** As it comes: wall and heap, no CPU time, no labels. */
async function loadIncumbent(): Promise<Profiling> {
  const { default: incumbent } = await import("@pyroscope/nodejs");
  return {
    start: (serverAddress) => {
      incumbent.init({ appName: "bench", serverAddress });
      incumbent.start();
    },
    stop: () => incumbent.stop(),
  };
}
