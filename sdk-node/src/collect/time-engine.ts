import { AsyncLocalStorage } from "node:async_hooks";
import { createRequire } from "node:module";
import { isMainThread } from "node:worker_threads";

/** A node of the engine's call tree. */
export interface TimeNode {
  readonly name: string;
  readonly scriptName: string;
  readonly scriptId: number;
  /** Where the function begins, from 1; 0 when unknown. */
  readonly lineNumber: number;
  readonly columnNumber: number;
  /** Samples whose leaf this is. */
  readonly hitCount: number;
  readonly children: readonly TimeNode[];
  /** Those of the samples that came with a context or with CPU time. */
  readonly contexts?: readonly TimeNodeContext[];
}

/** One sample of a node. */
export interface TimeNodeContext {
  readonly context?: object;
  /** CPU nanoseconds of this thread since the sample before. */
  readonly cpuTime?: number;
}

/** What the engine gives when it is stopped. */
export interface TimeTree {
  readonly topDownRoot: TimeNode;
  /** Microseconds of a monotonic clock. */
  readonly startTime: number;
  readonly endTime: number;
  readonly hasCpuTime?: boolean;
  /** CPU nanoseconds of the process's other threads; only on the main thread. */
  readonly nonJSThreadsCpuTime?: number;
}

export interface TimeEngineOptions {
  readonly intervalMicros: number;
  /** Longest time between two calls of `take`, as long as nothing blocks the event loop. */
  readonly durationMs: number;
  readonly collectCpuTime: boolean;
  /** Keep the sample context in the async context frame instead of one place for the whole isolate. */
  readonly inFrames: boolean;
}

/** The sampling profiler of `@datadog/pprof`, used below its JavaScript layer, which converts in one long block. */
export interface TimeEngine {
  start(): void;
  /**
   * The tree since the start or the last call; goes on sampling. Not sooner than a few intervals after that. Nothing
   * when the engine does not run.
   */
  take(): TimeTree | undefined;
  /** Ends sampling, gives back all memory, and returns what was sampled since the last `take`. */
  stop(): TimeTree | undefined;
  /** Sets what the samples taken from now on (in this frame) carry. */
  setContext(context: object | undefined): void;
  getContext(): object | undefined;
  /** With `inFrames`: what holds the context in this frame, to be put into another, which takes a quarter of the time. */
  savedContext(): unknown;
  restoreContext(saved: unknown): void;
  /** With `inFrames`: whether this frame has the context already, which takes less than setting it again. */
  hasContext(context: object): boolean;
  /** One element: the number of samples taken so far, written by the sampler. */
  readonly sampleCount: Uint32Array;
}

/**
 * The engine has room for the samples of twice this time and drops what comes after them without a word. While
 * something blocks the event loop nothing is taken out of it, so a minute of blocking is seen whole. At 100 Hz this is
 * 288 KB, of which only what is used is ever touched.
 */
const LEAST_DURATION_MS = 30_000;

/** So many samples taken and none in the tree: the last ones may still be on their way. */
const STUCK_SAMPLES = 3;

/**
 * Makes an engine, not started yet. Methods have no effect unless it runs: the native object goes when the engine is
 * stopped, which happens at the process's exit too, where listeners of the application may come later.
 *
 * @throws {Error} when the native module does not load here or does not look like the version this was written for
 */
export function createTimeEngine(options: TimeEngineOptions): TimeEngine {
  const { TimeProfiler, constants } = loadBindings();
  const slot = new AsyncLocalStorage<unknown>();
  const native = new TimeProfiler({
    intervalMicros: options.intervalMicros,
    durationMillis: Math.max(LEAST_DURATION_MS, options.durationMs),
    lineNumbers: false,
    withContexts: true,
    // It would make every `take` wait until a sampling signal has come and then another, 10 to 20 ms at 100 Hz, to make
    // it less likely that V8's event processor gets stuck. It does so with it too; `take` looks for that.
    workaroundV8Bug: false,
    collectCpuTime: options.collectCpuTime,
    collectAsyncId: false,
    useCPED: options.inFrames,
    // The key under which the engine stores the context in a frame.
    CPEDKey: options.inFrames ? slot : undefined,
    isMainThread,
  });
  if (!(native.state instanceof Uint32Array) || constants.kSampleCount !== 0) {
    throw new Error("the time profiler of @datadog/pprof has another shape than expected");
  }
  // A sampling signal while the isolate is torn down can crash the process.
  const stopAtExit = (): void => {
    stop();
  };
  const stop = (): TimeTree | undefined => {
    process.off("exit", stopAtExit);
    if (!running) return undefined;
    running = false;
    try {
      return native.stop(false);
    } finally {
      native.dispose();
    }
  };
  let running = false;
  return {
    sampleCount: native.state,
    start: () => {
      native.start();
      running = true;
      process.on("exit", stopAtExit);
    },
    take: () => {
      if (!running) return undefined;
      const sampled = native.state[0]!;
      const tree = native.stop(true);
      // V8's event processor can get stuck in a loop that eats a core and gives empty trees; only a full restart ends
      // it, which takes long (60 ms where much code is loaded). Trees are empty too where the processor had no chance to
      // run, but then it has not taken samples either: it does both in turn.
      if (native.v8ProfilerStuckEventLoopDetected() > 0 && sampled >= STUCK_SAMPLES) {
        native.stop(false);
        native.start();
      }
      return tree;
    },
    stop,
    setContext: (context) => {
      if (running) native.context = context;
    },
    getContext: () => (running ? native.context : undefined),
    savedContext: () => slot.getStore(),
    restoreContext: (saved) => slot.enterWith(saved),
    // The engine keeps the context in its object for this.
    hasContext: (context) =>
      (slot.getStore() as { readonly 0?: object } | undefined)?.[0] === context,
  };
}

/** True where a sample context set inside `AsyncLocalStorage.run` is seen there and not outside: found by trying. */
export function framesCarryContext(): boolean {
  let engine: TimeEngine | undefined;
  try {
    engine = createTimeEngine({
      intervalMicros: 1_000_000,
      durationMs: 1_000,
      collectCpuTime: false,
      inFrames: true,
    });
    engine.start();
    const { setContext, getContext, savedContext, restoreContext } = engine;
    const storage = new AsyncLocalStorage<object>();
    let entered = 0;
    const enterWith = storage.enterWith;
    storage.enterWith = (value) => {
      entered++;
      enterWith.call(storage, value);
    };
    const mark = {};
    const seen = storage.run({}, () => {
      setContext(mark);
      const saved = savedContext();
      const inner = storage.run({}, () => {
        const inherited = getContext();
        restoreContext(undefined);
        const without = getContext();
        restoreContext(saved);
        return inherited === mark && without === undefined && getContext() === mark;
      });
      return inner && getContext() === mark;
    });
    return seen && entered >= 4;
  } catch {
    return false;
  } finally {
    engine?.stop();
  }
}

interface NativeTimeProfiler {
  context: object | undefined;
  readonly state: Uint32Array;
  start(): void;
  stop(restart: boolean): TimeTree;
  dispose(): void;
  v8ProfilerStuckEventLoopDetected(): number;
}

interface TimeBindings {
  readonly TimeProfiler: new (options: object) => NativeTimeProfiler;
  readonly constants: { readonly kSampleCount: number };
}

function loadBindings(): TimeBindings {
  const require = createRequire(import.meta.url);
  return require("@datadog/pprof/out/src/time-profiler-bindings.js") as TimeBindings;
}
