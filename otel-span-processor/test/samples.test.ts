import { setTimeout as sleep } from "node:timers/promises";
import {
  type ContextManager,
  context,
  ROOT_CONTEXT,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace-base";
import { setLabels } from "@pyrospan/sdk-node";
import { afterEach, describe, expect, it } from "vitest";
import { PyrospanSpanProcessor } from "../src/index.ts";
import { newBurner, type Profiling, startProfiling, startTracing, stopTracing } from "./setup.ts";

let profiling: Profiling | undefined;
afterEach(async () => {
  await profiling?.stop();
  profiling = undefined;
  stopTracing();
});

const tracer = () => trace.getTracer("test");

/** Burns in a span; the labels that its samples should have. */
function burnInSpan(name: string, burn: () => void) {
  return tracer().startActiveSpan(name, (span) => {
    burn();
    span.end();
    const { spanId, traceId } = span.spanContext();
    return { span_id: spanId, trace_id: traceId, span_name: name };
  });
}

describe.each([1, 2] as const)("with the OpenTelemetry SDK %i.x, samples", (major) => {
  it("carry the active span when the profiler is started last", async () => {
    startTracing([new PyrospanSpanProcessor()], major);
    profiling = await startProfiling();
    const { name, burn } = newBurner();
    const expected = burnInSpan("GET /cart", burn);
    expect(await profiling.labelsIn(name)).toEqual([expected]);
  });

  it("carry the active span when tracing is started last", async () => {
    profiling = await startProfiling();
    startTracing([new PyrospanSpanProcessor()], major);
    const { name, burn } = newBurner();
    const expected = burnInSpan("GET /cart", burn);
    expect(await profiling.labelsIn(name)).toEqual([expected]);
  });
});

describe("samples", () => {
  it("carry none outside of spans, the child in a child, and the parent again after it", async () => {
    startTracing([new PyrospanSpanProcessor()]);
    profiling = await startProfiling();
    const [before, child, after, outside] = [newBurner(), newBurner(), newBurner(), newBurner()];
    const [parentLabels, childLabels] = await tracer().startActiveSpan("parent", async (span) => {
      before.burn();
      await sleep(2);
      const inner = burnInSpan("child", child.burn);
      after.burn();
      span.end();
      const { spanId, traceId } = span.spanContext();
      return [{ span_id: spanId, trace_id: traceId, span_name: "parent" }, inner];
    });
    await context.with(ROOT_CONTEXT, async () => outside.burn());
    expect(await profiling.labelsIn(before.name)).toEqual([parentLabels]);
    expect(await profiling.labelsIn(child.name)).toEqual([childLabels]);
    expect(await profiling.labelsIn(after.name)).toEqual([parentLabels]);
    expect(await profiling.labelsIn(outside.name)).toEqual([{}]);
  });

  it("carry labels set in a span after it too, as they last", async () => {
    startTracing([new PyrospanSpanProcessor()]);
    profiling = await startProfiling();
    const [inParent, after] = [newBurner(), newBurner()];
    const parent = await tracer().startActiveSpan("parent", async (span) => {
      burnInSpan("child", () => setLabels({ route: "/cart" }));
      inParent.burn();
      span.end();
      const { spanId, traceId } = span.spanContext();
      return { route: "/cart", span_id: spanId, trace_id: traceId, span_name: "parent" };
    });
    await context.with(ROOT_CONTEXT, async () => {
      burnInSpan("other", () => setLabels({ route: "/help" }));
      after.burn();
    });
    expect(await profiling.labelsIn(inParent.name)).toEqual([parent]);
    expect(await profiling.labelsIn(after.name)).toEqual([{ route: "/help" }]);
  });

  it("carry a span that was active when the profiler was started, and when it was started again", async () => {
    startTracing([new PyrospanSpanProcessor()]);
    const [first, second, third] = [newBurner(), newBurner(), newBurner()];
    const parent = await tracer().startActiveSpan("parent", async (span) => {
      profiling = await startProfiling();
      first.burn();
      await profiling.profiler.stop();
      profiling.profiler.start();
      second.burn();
      burnInSpan("child", newBurner().burn);
      await sleep(1);
      third.burn();
      span.end();
      const { spanId, traceId } = span.spanContext();
      return { span_id: spanId, trace_id: traceId, span_name: "parent" };
    });
    for (const { name } of [first, second, third]) {
      expect(await profiling?.labelsIn(name)).toEqual([parent]);
    }
  });

  it("carry a span that was active when tracing made itself known", async () => {
    profiling = await startProfiling();
    startTracing([]);
    const { name, burn } = newBurner();
    const expected = burnInSpan("early", () => {
      new PyrospanSpanProcessor({ unsampledSpans: true });
      burn();
    });
    expect(await profiling.labelsIn(name)).toEqual([expected]);
  });

  it("carry the local root where that is asked for", async () => {
    startTracing([new PyrospanSpanProcessor({ spanIds: "local-root" })]);
    profiling = await startProfiling();
    const child = newBurner();
    const root = tracer().startActiveSpan("root", (span) => {
      span.updateName("GET /cart");
      burnInSpan("child", child.burn);
      span.end();
      const { spanId, traceId } = span.spanContext();
      return { span_id: spanId, trace_id: traceId, span_name: "GET /cart" };
    });
    expect(await profiling.labelsIn(child.name)).toEqual([root]);
  });

  it("carry the name that the span has in the end", async () => {
    startTracing([new PyrospanSpanProcessor()]);
    profiling = await startProfiling();
    const { name, burn } = newBurner();
    tracer().startActiveSpan("GET", (span) => {
      burn();
      span.setStatus({ code: SpanStatusCode.OK }).updateName("GET /cart/:id");
      span.end();
    });
    const [labels] = await profiling.labelsIn(name);
    expect(labels?.span_name).toBe("GET /cart/:id");
  });

  it("carry the new name of a span that is active again but has not ended", async () => {
    startTracing([new PyrospanSpanProcessor()]);
    profiling = await startProfiling();
    const { name, burn } = newBurner();
    const span = tracer().startSpan("GET");
    const active = trace.setSpan(ROOT_CONTEXT, span);
    context.with(active, () => span.updateName("GET /cart"));
    context.with(active, burn);
    const [labels] = await profiling.labelsIn(name);
    span.end();
    expect(labels?.span_name).toBe("GET /cart");
  });

  it("follow a context manager that replaced another, removed or not", async () => {
    startTracing([new PyrospanSpanProcessor()]);
    profiling = await startProfiling();
    const [first, second] = [newBurner(), newBurner()];
    const firstLabels = burnInSpan("first", first.burn);
    context.disable();
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    const secondLabels = burnInSpan("second", second.burn);
    expect(await profiling.labelsIn(first.name)).toEqual([firstLabels]);
    expect(await profiling.labelsIn(second.name)).toEqual([secondLabels]);
  });

  it("follow a context manager without a storage of its own", async () => {
    startTracing([new PyrospanSpanProcessor()]);
    context.disable();
    let active = ROOT_CONTEXT;
    const manager: ContextManager = {
      active: () => active,
      with: (next, fn, thisArg, ...args) => {
        const before = active;
        active = next;
        try {
          return fn.call(thisArg as never, ...args);
        } finally {
          active = before;
        }
      },
      bind: (_context, target) => target,
      enable: () => manager,
      disable: () => manager,
    };
    context.setGlobalContextManager(manager);
    profiling = await startProfiling();
    const { name, burn } = newBurner();
    const expected = burnInSpan("own manager", burn);
    expect(await profiling.labelsIn(name)).toEqual([expected]);
  });

  it("carry unsampled spans only where that is asked for", async () => {
    startTracing([new PyrospanSpanProcessor()], 2, { sampler: new AlwaysOffSampler() });
    profiling = await startProfiling();
    const ignored = newBurner();
    burnInSpan("unsampled", ignored.burn);
    expect(await profiling.labelsIn(ignored.name)).toEqual([{}]);
    stopTracing();
    startTracing([new PyrospanSpanProcessor({ unsampledSpans: true })], 2, {
      sampler: new AlwaysOffSampler(),
    });
    // Without a recorded span nothing announces the new context manager; the profiler looks when it takes samples.
    await profiling.profiler.flush();
    const wanted = newBurner();
    const { span_id, trace_id } = burnInSpan("unsampled", wanted.burn);
    expect(await profiling.labelsIn(wanted.name)).toEqual([{ span_id, trace_id }]);
    const remote = newBurner();
    const parent = { traceId: trace_id, spanId: span_id, traceFlags: TraceFlags.NONE };
    context.with(trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }), remote.burn);
    expect(await profiling.labelsIn(remote.name)).toEqual([{}]);
  });

  it("stop carrying spans when the profiler is stopped, and carry them when it runs again", async () => {
    startTracing([new PyrospanSpanProcessor()]);
    profiling = await startProfiling();
    await profiling.profiler.stop();
    burnInSpan("unseen", newBurner().burn);
    profiling.profiler.start();
    const { name, burn } = newBurner();
    const expected = burnInSpan("seen", burn);
    expect(await profiling.labelsIn(name)).toEqual([expected]);
  });
});

it("gives profiles the service name and namespace that tracing knows", async () => {
  startTracing([new PyrospanSpanProcessor()], 2, {
    resource: resourceFromAttributes({ "service.name": "shop", "service.namespace": "eu" }),
  });
  profiling = await startProfiling();
  burnInSpan("any", newBurner().burn);
  expect(await profiling.seriesLabels()).toMatchObject({
    service_name: "shop",
    service_namespace: "eu",
  });
});
