import { runAsOwnWork } from "../labels.ts";
import { inOwnFrame } from "../own-frame.ts";

/**
 * Runs the profiler's own work so that it shows neither in profiles nor in traces: instrumented HTTP clients see the
 * context key with which OpenTelemetry marks what must not be traced.
 */
export function runQuietly<T>(fn: () => T): T {
  const manager = contextManager();
  const context = untraced(manager);
  return inOwnFrame(() =>
    manager === undefined || context === undefined
      ? runAsOwnWork(fn)
      : manager.with(context, () => runAsOwnWork(fn)),
  );
}

/** The parts of the OpenTelemetry API's context that are needed; the package itself need not be installed. */
interface Context {
  setValue(key: symbol, value: unknown): Context;
  deleteValue(key: symbol): Context;
}

interface ContextManager {
  active(): Context;
  with<T>(context: Context, fn: () => T): T;
}

const OTEL_API = Symbol.for("opentelemetry.js.api.1");
const SUPPRESS_TRACING = Symbol.for("OpenTelemetry SDK Context Key SUPPRESS_TRACING");
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

function contextManager(): ContextManager | undefined {
  return (globalThis as { [OTEL_API]?: { context?: ContextManager } })[OTEL_API]?.context;
}

function untraced(manager: ContextManager | undefined): Context | undefined {
  try {
    return manager?.active().deleteValue(SPAN).setValue(SUPPRESS_TRACING, true);
  } catch {
    // Not a context manager as we know them: then uploads may be traced, which is better than none.
    return undefined;
  }
}
