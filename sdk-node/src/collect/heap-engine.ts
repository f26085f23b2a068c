import { createRequire } from "node:module";

/** A node of the engine's allocation tree. */
export interface HeapNode {
  readonly name: string;
  readonly scriptName: string;
  readonly scriptId: number;
  readonly lineNumber: number;
  readonly columnNumber: number;
  readonly children: readonly HeapNode[];
  /** Objects alive now that were allocated here, grouped by size. */
  readonly allocations: readonly { readonly sizeBytes: number; readonly count: number }[];
}

/** V8's sampling heap profiler as `@datadog/pprof` exposes it. One per isolate. */
export interface HeapEngine {
  start(): void;
  /** What is alive of what was sampled. @throws when something else ended the sampling */
  take(): HeapNode;
  stop(): void;
}

/** Makes an engine, not started yet. @throws {Error} when the native module does not load here */
export function createHeapEngine(intervalBytes: number, stackDepth: number): HeapEngine {
  const require = createRequire(import.meta.url);
  const bindings = require("@datadog/pprof/out/src/heap-profiler-bindings.js") as HeapBindings;
  return {
    start: () => bindings.startSamplingHeapProfiler(intervalBytes, stackDepth, false),
    take: () => bindings.getAllocationProfile(),
    stop: () => bindings.stopSamplingHeapProfiler(),
  };
}

interface HeapBindings {
  startSamplingHeapProfiler(
    intervalBytes: number,
    stackDepth: number,
    withAllocations: boolean,
  ): void;
  getAllocationProfile(): HeapNode;
  stopSamplingHeapProfiler(): void;
}
