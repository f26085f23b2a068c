import { createRequire } from "node:module";
import { createProfiler } from "@pyrospan/sdk-node";

/**
 * The longest times for which the event loop was held at the end of a window, by the clock or as CPU time of the
 * process, whichever is less: what other processes of the machine take away in between is not the profiler's, nor is
 * what other threads do meanwhile. (The kernel's count for one thread moves in steps of 4 ms.)
 */
export interface Blocks {
  /** In the engine's own stop, which cannot be split. */
  readonly stopMs: number;
  /** The same by the clock alone: the engine sleeps there until its next sampling signal. */
  readonly stopClockMs: number;
  /** In everything else, at the end of the first window, when V8 has yet to compile what runs there. */
  readonly firstAfterMs: number;
  /** In everything else, at the end of the second. */
  readonly afterMs: number;
  /** In the fullest of the engine's takes. */
  readonly samples: number;
}

/**
 * Profiles stacks 40 frames deep of 1,600 functions, nearly every sample another stack, twice, and each time
 * ends the window and watches the event loop until the upload is through.
 */
export async function windowEndBlocks(serverAddress: string, windowMs: number): Promise<Blocks> {
  const bindings = createRequire(import.meta.url)(
    "@datadog/pprof/out/src/time-profiler-bindings.js",
  ) as { TimeProfiler: { prototype: { stop(restart: boolean): { topDownRoot: Hits } } } };
  const { prototype } = bindings.TimeProfiler;
  const { stop } = prototype;
  let stopMs = 0;
  let stopClockMs = 0;
  let stopSumMs = 0;
  let samples = 0;
  prototype.stop = function timedStop(restart) {
    const start = now();
    const tree = stop.call(this, restart);
    stopMs = Math.max(stopMs, msSince(start));
    stopClockMs = Math.max(stopClockMs, performance.now() - start.clockMs);
    if (tree !== undefined) samples = Math.max(samples, hitsIn(tree.topDownRoot));
    stopSumMs += msSince(start);
    return tree;
  };
  const profiler = createProfiler({
    appName: "bench",
    serverAddress,
    flushIntervalMs: 3_600_000,
  });
  profiler.start();
  const functions = manyFunctions(1_600);
  const watch = watchLoop(() => stopSumMs);
  const endOfWindow = async (): Promise<number> => {
    await burnDeep(functions, windowMs);
    watch.reset();
    await profiler.flush();
    return watch.longestMs();
  };
  const firstAfterMs = await endOfWindow();
  const afterMs = await endOfWindow();
  watch.stop();
  await profiler.stop();
  prototype.stop = stop;
  return { stopMs, stopClockMs, firstAfterMs, afterMs, samples };
}

/** Watches how long turns of the event loop take, without what `excluded` counts. */
function watchLoop(excluded: () => number) {
  let longest = 0;
  let last = now();
  let lastExcluded = excluded();
  let running = true;
  const turn = (): void => {
    longest = Math.max(longest, msSince(last) - (excluded() - lastExcluded));
    last = now();
    lastExcluded = excluded();
    if (running) setImmediate(turn);
  };
  turn();
  return {
    reset: () => {
      longest = 0;
      last = now();
    },
    longestMs: () => longest,
    stop: () => {
      running = false;
    },
  };
}

interface Hits {
  readonly hitCount: number;
  readonly children: readonly Hits[];
}

function hitsIn(node: Hits): number {
  return node.children.reduce((sum, child) => sum + hitsIn(child), node.hitCount);
}

interface Moment {
  readonly clockMs: number;
  readonly cpu: NodeJS.CpuUsage;
}

function now(): Moment {
  return { clockMs: performance.now(), cpu: process.cpuUsage() };
}

function msSince({ clockMs, cpu }: Moment): number {
  const { user, system } = process.cpuUsage(cpu);
  return Math.min(performance.now() - clockMs, (user + system) / 1_000);
}

type Deep = (stack: readonly Deep[], depth: number) => number;

function manyFunctions(count: number): Deep[] {
  return Array.from(
    { length: count },
    (_, i) =>
      new Function(
        `return function work_${i}(stack, depth) {
          if (depth > 0) return stack[depth](stack, depth - 1) + 1;
          let x = ${i};
          for (let i = 0; i < 20000; i++) x = (x * 31 + i) % 65521;
          return x;
        }`,
      )() as Deep,
  );
}

async function burnDeep(functions: readonly Deep[], ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const stack = Array.from(
      { length: 40 },
      () => functions[Math.floor(Math.random() * functions.length)]!,
    );
    for (let i = 0; i < 20; i++) stack[39]!(stack, 38);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
