import { context, diag, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, type SpanProcessor } from "@opentelemetry/sdk-trace-base";
import { createProfiler, type Profiler } from "@pyrospan/sdk-node";
import { AsyncLocalStorageContextManager as ContextManager1 } from "otel-context-async-hooks-1";
import { BasicTracerProvider as BasicTracerProvider1 } from "otel-sdk-trace-base-1";
import { burner } from "../../sdk-node/test/attribution/burn.mjs";
import { samplesOf, startCaptureServer } from "../../sdk-node/test/capture-server.mjs";

/** The majors of the OpenTelemetry SDK that the processor claims to fit. */
export const otelMajors = {
  1: { ContextManager: ContextManager1, Provider: BasicTracerProvider1 },
  2: { ContextManager: AsyncLocalStorageContextManager, Provider: BasicTracerProvider },
} as const;

/** Registers a provider and a context manager. */
export function startTracing(
  spanProcessors: SpanProcessor[],
  major: keyof typeof otelMajors = 2,
  options: object = {},
): void {
  const { ContextManager, Provider } = otelMajors[major];
  context.setGlobalContextManager(new ContextManager().enable());
  trace.setGlobalTracerProvider(new Provider({ ...options, spanProcessors } as never));
}

/** Takes away what was registered. */
export function stopTracing(): void {
  context.disable();
  trace.disable();
  diag.disable();
}

let burners = 0;

/** A function that burns CPU for 60 ms under a name of its own. */
export function newBurner(): { readonly name: string; burn(): void } {
  const name = `burn_test_${burners++}`;
  const burn = burner(name) as (ms: number) => void;
  return { name, burn: () => burn(60) };
}

export interface Profiling {
  readonly profiler: Profiler;
  /** Labels of the samples in a burner, each distinct set once. */
  labelsIn(name: string): Promise<Record<string, string>[]>;
  /** Labels of the profiles. */
  seriesLabels(): Promise<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts a real profiler that pushes to a server of this process. */
export async function startProfiling(): Promise<Profiling> {
  const server = await startCaptureServer();
  const profiler = createProfiler({
    serverAddress: server.url,
    flushIntervalMs: 60_000,
    wall: { samplingIntervalMicros: 2_000, collectCpuTime: false },
    heap: { enabled: false },
  });
  profiler.start();
  return {
    profiler,
    labelsIn: async (name) => {
      await profiler.flush();
      const sets = server
        .profiles()
        .flatMap(({ profile }) => samplesOf(profile, "samples"))
        .filter(({ frames }) => frames.includes(name))
        .map(({ labels }) => JSON.stringify(labels));
      return [...new Set<string>(sets)].map((set) => JSON.parse(set));
    },
    seriesLabels: async () => {
      await profiler.flush();
      return server.profiles()[0]!.labels;
    },
    stop: async () => {
      await profiler.stop();
      await server.close();
    },
  };
}
