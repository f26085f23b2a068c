import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, type SpanProcessor } from "@opentelemetry/sdk-trace-base";

/** A processor that passes spans on only while somebody wants them. */
class SwitchableProcessor implements SpanProcessor {
  /** Who gets the spans. */
  target: Pick<SpanProcessor, "onStart" | "onEnd"> | undefined;

  onStart: SpanProcessor["onStart"] = (span, parent) => this.target?.onStart(span, parent);
  onEnd: SpanProcessor["onEnd"] = (span) => this.target?.onEnd(span);
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

/** The processor of the provider of {@link startTracing}. */
export const spanSwitch: SwitchableProcessor = new SwitchableProcessor();

/** Registers tracing. Spans are made in every setup, so their own cost cancels out. */
export function startTracing(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [spanSwitch] }));
}
