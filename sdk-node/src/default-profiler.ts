import { type Config, type PyroscopeConfig, resolveConfig } from "./config.ts";
import type { ProfileKind } from "./create-collector.ts";
import { withDeadline } from "./drain-deadline.ts";
import type { LabelSet } from "./labels.ts";
import { withLabels } from "./labels.ts";
import type { Logger } from "./logger.ts";
import { Profiler } from "./profiler.ts";
import { Puller } from "./pull/puller.ts";

let current: Profiler | undefined;
/** What profilers that were replaced have yet to send. */
const retiring = new Set<Promise<void>>();
let currentPuller: Puller | undefined;
let config: PyroscopeConfig = {};
let logger: Logger | undefined;

/**
 * Makes a profiler from a configuration and the `PYROSCOPE_*` environment.
 *
 * @throws {Error} with every problem of the configuration in one message
 */
export function createProfiler(to: PyroscopeConfig = {}): Profiler {
  return new Profiler(resolved(to));
}

/**
 * Configures the profiler of this thread without starting it. One that runs is stopped; what it had collected is sent
 * unless the process ends before; `stop` waits for that.
 *
 * @throws {Error} with every problem of the configuration in one message
 */
export function init(to: PyroscopeConfig = {}): void {
  const next = createProfiler(to);
  if (current !== undefined) retire(current);
  current = next;
  currentPuller?.stop();
  currentPuller = undefined;
  config = to;
}

/**
 * Starts the profiler of this thread. With a configuration it is `init` and `start` in one; without one, and without
 * an `init` before, the environment decides. Does nothing when it runs. Ends a wall profile that is being pulled.
 *
 * @throws {Error} as `init` does, for a configuration, and for the environment where there was no `init` before
 */
export function start(to?: PyroscopeConfig): void {
  if (to !== undefined) init(to);
  currentPuller?.endWall();
  profiler().start();
}

/**
 * Stops the profiler and sends what is left, also of one that `init` has replaced, within ten seconds. Resolves at
 * once when there is nothing to stop.
 */
export async function stop(): Promise<void> {
  const stopped = current?.stop();
  currentPuller?.stop();
  await Promise.all([stopped, ...Array.from(retiring, (sent) => withDeadline(sent, true))]);
}

/** Sends what has been collected so far, within ten seconds, and goes on profiling. */
export function flush(): Promise<void> {
  return current?.flush() ?? Promise.resolve();
}

/** Replaces the logger, of a profiler there is and of those to come. */
export function setLogger(to: Logger): void {
  logger = to;
  config = { ...config, logger: to };
  current?.setLogger(to);
  currentPuller?.setLogger(to);
}

/** Older form of `withLabels`, with arguments for `fn`. */
export function wrapWithLabels<A extends unknown[], T>(
  labels: LabelSet,
  fn: (...args: A) => T,
  ...args: A
): T {
  return withLabels(labels, () => fn(...args));
}

/** Starts one kind of profile only. Ends a wall profile that is being pulled if that is the kind. */
export function startKind(kind: ProfileKind): void {
  if (kind === "wall") currentPuller?.endWall();
  profiler().start([kind]);
}

/** Stops one kind of profile only. */
export function stopKind(kind: ProfileKind): Promise<void> {
  return current?.stop([kind]) ?? Promise.resolve();
}

/** Takes profiles with the configuration of the profiler of this thread, whether that runs or not. */
export function puller(): Puller {
  currentPuller ??= new Puller(resolved(config));
  return currentPuller;
}

function retire(profiler: Profiler): void {
  const sent = profiler.retire();
  retiring.add(sent);
  void sent.then(() => retiring.delete(sent));
}

function resolved(to: PyroscopeConfig): Config {
  return resolveConfig({ logger, ...to }, process.env);
}

function profiler(): Profiler {
  current ??= createProfiler();
  return current;
}
