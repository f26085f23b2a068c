import { AsyncResource } from "node:async_hooks";

/**
 * Runs `fn` in an async context of its own, so that nothing it does to storages is left in the caller's. The way out of
 * `AsyncLocalStorage.run` puts the value back but leaves the key, and where storages run on frames every later `run` of
 * the application copies it: three keys left behind made following a span take 2.2 us instead of 1.5, and one without profiler 3.2 instead of 2.1.
 */
export function inOwnFrame<T>(fn: () => T): T {
  return new AsyncResource("Pyrospan", { requireManualDestroy: true }).runInAsyncScope(fn);
}
