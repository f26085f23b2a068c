import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { context, trace } from "@opentelemetry/api";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterEach, expect, it } from "vitest";
import { PyrospanSpanProcessor } from "../src/index.ts";
import { newBurner, type Profiling, startProfiling, startTracing, stopTracing } from "./setup.ts";

let profiling: Profiling | undefined;
afterEach(async () => {
  await profiling?.stop();
  profiling = undefined;
  stopTracing();
});

// As @opentelemetry/instrumentation-undici does: a span for each request of any undici in the process.
const traceRequest = (): void => {
  trace.getTracer("undici").startSpan("POST", {}, context.active()).end();
};

it("does not trace the profiler's uploads, not even from within a span", async () => {
  const exporter = new InMemorySpanExporter();
  startTracing([new PyrospanSpanProcessor(), new SimpleSpanProcessor(exporter)]);
  let uploads = 0;
  const count = (): void => {
    uploads++;
    traceRequest();
  };
  subscribe("undici:request:create", count);
  try {
    profiling = await startProfiling();
    const { profiler } = profiling;
    await trace.getTracer("test").startActiveSpan("work", async (span) => {
      newBurner().burn();
      await profiler.flush();
      span.end();
    });
    traceRequest();
  } finally {
    unsubscribe("undici:request:create", count);
  }
  // One at the start, which stays in the process, and the upload.
  expect(uploads).toBe(2);
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["work", "POST"]);
});
