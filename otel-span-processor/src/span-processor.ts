import type { AsyncLocalStorage } from "node:async_hooks";
import type { Context, ContextManager, Span } from "@opentelemetry/api";
import { type SpanRecord, type SpanSource, spanLink } from "@pyrospan/sdk-node/span-link";
import { currentManager, spanIn, storageOf } from "./otel-context.ts";
import { labelsOfResource, type SpanResource } from "./resource-labels.ts";
import { nameOf, putRecord, recordOn } from "./span-records.ts";

/** The span attribute by which Grafana finds a span's profile. */
const PROFILE_ID = "pyroscope.profile.id";

export interface PyrospanSpanProcessorOptions {
  /**
   * Whose id samples carry:
   *
   * - `"active"` (default): the span that is active where the sample was taken, so that each span's flame graph shows
   *   what this span did itself;
   * - `"local-root"`: the outermost span of the request in this process, so that its flame graph shows the whole
   *   request. This is what the span profiles of other languages do.
   */
  spanIds?: "active" | "local-root";
  /**
   * Which recording spans get the attribute `pyroscope.profile.id`, the id on their samples in 16 hex digits: local
   * roots (`"local-root"`, the default, as in other languages) or `"every"` one. Only a span with the attribute has a
   * flame graph in Grafana. Choose `"every"` with `spanIds: "active"` where child spans do the work, as they do with
   * the instrumentation of express and other frameworks.
   */
  profileIdOn?: "local-root" | "every";
  /**
   * Label samples of spans that are not recorded too, with their ids and without a name. Default false: nobody can
   * look such a span up.
   */
  unsampledSpans?: boolean;
}

/**
 * Ties profile samples to spans: labels samples with `span_id`, `trace_id` and `span_name`, and spans with
 * `pyroscope.profile.id`. Fits `SpanProcessor` of the OpenTelemetry SDK 1.x and 2.x.
 *
 * It may be made before or after the profiler, the tracer provider and the context manager. It exports nothing and
 * needs no shutdown.
 */
export class PyrospanSpanProcessor {
  private readonly shareRootId: boolean;
  private readonly onEvery: boolean;
  private readonly unsampled: boolean;
  private manager: ContextManager | undefined;
  private resource: SpanResource | undefined;

  constructor(options: PyrospanSpanProcessorOptions = {}) {
    this.shareRootId = options.spanIds === "local-root";
    this.onEvery = options.profileIdOn === "every";
    this.unsampled = options.unsampledSpans ?? false;
    spanLink().source = this.source;
    this.announce();
  }

  /** Called by the SDK. */
  onStart(span: Span, parentContext: Context): void {
    // Spans start before they become active, so a manager registered meanwhile is noticed in time.
    if (currentManager() !== this.manager) this.announce();
    this.resource = (span as { readonly resource?: SpanResource }).resource;
    const parent = localParent(parentContext);
    const shared = this.shareRootId && parent !== undefined ? recordOn(parent) : undefined;
    const record = shared ?? newRecord(span);
    putRecord(span, record);
    if (this.onEvery || parent === undefined || (this.shareRootId && shared === undefined)) {
      span.setAttribute(PROFILE_ID, record.spanId);
    }
  }

  /** Called by the SDK. Samples of the last window get the name that the span has in the end. */
  onEnd(span: object): void {
    refreshName(span as Span);
  }

  /** Called by the SDK; there is nothing to flush. */
  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  /** Called by the SDK. Other providers of the process may go on, so nothing is taken back. */
  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  private readonly source: SpanSource = {
    storage: (): AsyncLocalStorage<unknown> | undefined => {
      this.manager = currentManager();
      return this.manager && storageOf(this.manager);
    },
    recordOf: (value: unknown): SpanRecord | undefined => {
      const span = spanIn(value);
      if (span === undefined) return undefined;
      return refreshName(span) ?? (this.unsampled ? recordUnsampled(span) : undefined);
    },
    resourceLabels: () => labelsOfResource(this.resource),
  };

  private announce(): void {
    this.manager = currentManager();
    for (const listener of spanLink().listeners) listener();
  }
}

/** The record of a span, with the name that the span has now. */
function refreshName(span: Span): SpanRecord | undefined {
  const record = recordOn(span);
  // A shared record has the name of the root.
  if (record !== undefined && record.spanId === span.spanContext().spanId) {
    record.name = nameOf(span);
  }
  return record;
}

function newRecord(span: Span): SpanRecord {
  const { traceId, spanId } = span.spanContext();
  return { traceId, spanId, name: nameOf(span) };
}

/** The parent span if it is one of this process. */
function localParent(parentContext: Context): Span | undefined {
  const parent = spanIn(parentContext);
  const context = parent?.spanContext();
  return context === undefined || context.isRemote || isInvalid(context.spanId)
    ? undefined
    : parent;
}

/** The record of a local span that is not recorded: not of a remote parent, and not of suppressed tracing. */
function recordUnsampled(span: Span): SpanRecord | undefined {
  const { spanId, isRemote } = span.spanContext();
  if (isRemote || isInvalid(spanId)) return undefined;
  const record = newRecord(span);
  putRecord(span, record);
  return record;
}

function isInvalid(spanId: string): boolean {
  return spanId === "" || spanId === "0000000000000000";
}
