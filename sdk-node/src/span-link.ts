import type { AsyncLocalStorage } from "node:async_hooks";

/**
 * What samples say about the span they were taken in.
 *
 * The engine holds a record for as long as an async context that was entered with it lives. A record must therefore
 * reference neither the span nor anything that leads to an async context, or the loop is never collected.
 */
export interface SpanRecord {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** Kept up to date by the source: spans are renamed while they run. Empty when unknown. */
  name: string;
}

/** Whoever knows which span is active: implemented by a tracing integration, asked by the profiler. */
export interface SpanSource {
  /** The storage whose value decides which span is active; `undefined` while there is none. */
  storage(): AsyncLocalStorage<unknown> | undefined;
  /** The record of the span in a value of that storage. Runs on every switch of context: fast, and never throws. */
  recordOf(value: unknown): SpanRecord | undefined;
  /** Labels that tell this service from others (`service_name`, `service_namespace`) as tracing knows them. */
  resourceLabels(): Readonly<Record<string, string>>;
}

/**
 * Where the profiler and the span source of an isolate meet, whichever comes first and however many copies of
 * either package are loaded.
 */
export interface SpanLink {
  source?: SpanSource;
  /** Called by the source when `source` was set or its storage was replaced. */
  readonly listeners: Set<() => void>;
}

const LINK = Symbol.for("pyrospan.span-link.1");

/** The link of this isolate, made by the first to ask. */
export function spanLink(): SpanLink {
  const global = globalThis as { [LINK]?: SpanLink };
  global[LINK] ??= { listeners: new Set() };
  return global[LINK];
}
