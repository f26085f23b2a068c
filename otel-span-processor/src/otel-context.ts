import { AsyncLocalStorage } from "node:async_hooks";
import type { Context, ContextManager, Span } from "@opentelemetry/api";

/** The key under which every 1.x OpenTelemetry API keeps the active span in a context. */
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");
/** Where every 1.x API in the process keeps what is registered globally. */
const API = Symbol.for("opentelemetry.js.api.1");

/** The context manager registered now. */
export function currentManager(): ContextManager | undefined {
  return (globalThis as { [API]?: { context?: ContextManager } })[API]?.context;
}

/** The span of a context, or of any other value; does not throw. */
export function spanIn(value: unknown): Span | undefined {
  const context = value as Partial<Context> | undefined;
  return typeof context?.getValue === "function"
    ? (context.getValue(SPAN) as Span | undefined)
    : undefined;
}

/**
 * The storage in which a manager keeps the active context. For a manager that has none (the one built on async hooks,
 * or one of the application's) a storage that mirrors what goes through its `with`.
 */
export function storageOf(manager: ContextManager): AsyncLocalStorage<unknown> {
  const values = Object.values(manager);
  const storage = values.find((value) => value instanceof AsyncLocalStorage);
  if (storage !== undefined) return storage;
  return mirrors.get(manager) ?? mirror(manager);
}

const mirrors = new WeakMap<ContextManager, AsyncLocalStorage<unknown>>();

function mirror(manager: ContextManager): AsyncLocalStorage<unknown> {
  const storage = new AsyncLocalStorage<unknown>();
  mirrors.set(manager, storage);
  const original = manager.with as (...args: unknown[]) => unknown;
  manager.with = ((context: Context, ...rest: unknown[]) =>
    storage.run(context, () => original.call(manager, context, ...rest))) as ContextManager["with"];
  return storage;
}
