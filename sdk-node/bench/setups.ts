import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, type SpanProcessor } from "@opentelemetry/sdk-trace-base";
import incumbent from "@pyroscope/nodejs";
import { PyrospanSpanProcessor } from "@pyrospan/otel-span-processor";
import { createProfiler, type Profiler, type PyroscopeConfig } from "@pyrospan/sdk-node";
import { spanLink } from "@pyrospan/sdk-node/span-link";

/** A way to profile, to be switched on and off many times in one process. */
export interface Setup {
  readonly name: string;
  start(serverAddress: string): void;
  stop(): Promise<void>;
}

/** Registers tracing; spans are made in every setup, so their own cost cancels out. */
export function startTracing(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [switchable] }));
}

export const setups: readonly Setup[] = [
  { name: "off", start: () => {}, stop: async () => {} },
  pyrospan("wall", { wall: { collectCpuTime: false }, heap: { enabled: false } }, false),
  pyrospan("wall + spans", { wall: { collectCpuTime: false }, heap: { enabled: false } }, true),
  pyrospan("all kinds + spans", {}, true),
  {
    name: "@pyroscope/nodejs",
    start: (serverAddress) => {
      incumbent.init({ appName: "bench", serverAddress });
      incumbent.start();
    },
    stop: () => incumbent.stop(),
  },
];

function pyrospan(name: string, config: PyroscopeConfig, spans: boolean): Setup {
  let profiler: Profiler | undefined;
  return {
    name,
    start: (serverAddress) => {
      switchable.followSpans(spans);
      profiler = createProfiler({ appName: "bench", serverAddress, ...config });
      profiler.start();
    },
    stop: async () => {
      await profiler?.stop();
      switchable.followSpans(false);
    },
  };
}

/** Our processor, in the provider all the time but at work only where spans are followed. */
class SwitchableProcessor implements SpanProcessor {
  private readonly processor = new PyrospanSpanProcessor();
  private readonly source = spanLink().source;
  private active = false;

  followSpans(active: boolean): void {
    this.active = active;
    const link = spanLink();
    if (active && this.source !== undefined) link.source = this.source;
    else delete link.source;
    for (const listener of link.listeners) listener();
  }

  onStart: SpanProcessor["onStart"] = (span, parent) => {
    if (this.active) this.processor.onStart(span, parent);
  };

  onEnd: SpanProcessor["onEnd"] = (span) => {
    if (this.active) this.processor.onEnd(span);
  };

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

const switchable: SwitchableProcessor = new SwitchableProcessor();
switchable.followSpans(false);
