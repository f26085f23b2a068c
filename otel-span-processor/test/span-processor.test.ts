import { ROOT_CONTEXT, type Span, SpanKind, TraceFlags, trace } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import {
  InMemorySpanExporter as InMemorySpanExporter1,
  SimpleSpanProcessor as SimpleSpanProcessor1,
  type SpanProcessor as SpanProcessor1,
} from "otel-sdk-trace-base-1";
import { afterEach, describe, expect, it } from "vitest";
import { PyrospanSpanProcessor, type PyrospanSpanProcessorOptions } from "../src/index.ts";
import { startTracing, stopTracing } from "./setup.ts";

const PROFILE_ID = "pyroscope.profile.id";
const remote = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
};

afterEach(stopTracing);

describe.each([1, 2] as const)("with the OpenTelemetry SDK %i.x", (major) => {
  /** Runs a request of three nested spans; what was exported. */
  function run(options?: PyrospanSpanProcessorOptions, parent = ROOT_CONTEXT) {
    const exporter = major === 1 ? new InMemorySpanExporter1() : new InMemorySpanExporter();
    const exporting =
      major === 1
        ? new SimpleSpanProcessor1(exporter as InMemorySpanExporter1)
        : new SimpleSpanProcessor(exporter as InMemorySpanExporter);
    startTracing([new PyrospanSpanProcessor(options), exporting as never], major);
    const tracer = trace.getTracer("test");
    tracer.startActiveSpan("server", { kind: SpanKind.SERVER }, parent, (server) => {
      tracer.startActiveSpan("child", (child) => {
        tracer.startSpan("leaf").end();
        child.end();
      });
      server.end();
    });
    const spans = exporter.getFinishedSpans();
    const byName = (name: string) => spans.find((span) => span.name === name)!;
    const idOf = (name: string) => byName(name).spanContext().spanId;
    const attribute = (name: string) => byName(name).attributes[PROFILE_ID];
    return { idOf, attribute, spans };
  }

  it("puts the profile id on local roots", () => {
    const { idOf, attribute } = run();
    expect(attribute("server")).toBe(idOf("server"));
    expect(attribute("server")).toMatch(/^[0-9a-f]{16}$/);
    expect(attribute("child")).toBeUndefined();
    expect(attribute("leaf")).toBeUndefined();
  });

  it("or on every span, each its own", () => {
    const { idOf, attribute } = run({ profileIdOn: "every" });
    for (const name of ["server", "child", "leaf"]) expect(attribute(name)).toBe(idOf(name));
  });

  it("or the id of the local root: on it alone, or on every span", () => {
    const { idOf, attribute } = run({ spanIds: "local-root" });
    expect(attribute("server")).toBe(idOf("server"));
    expect(attribute("child")).toBeUndefined();
    stopTracing();
    const every = run({ spanIds: "local-root", profileIdOn: "every" });
    expect(every.attribute("leaf")).toBe(every.idOf("server"));
  });

  it("takes the child of a remote parent for a local root", () => {
    const parent = trace.setSpanContext(ROOT_CONTEXT, remote);
    const { idOf, attribute } = run({}, parent);
    expect(attribute("server")).toBe(idOf("server"));
    expect(attribute("child")).toBeUndefined();
  });

  it("leaves spans alone that are not recorded", () => {
    const { spans } = run({}, suppressTracing(ROOT_CONTEXT));
    expect(spans.map(({ name }) => name)).not.toContain("server");
  });

  it("has nothing to flush and nothing to shut down", async () => {
    // By type too, in both majors.
    const processor = new PyrospanSpanProcessor() satisfies SpanProcessor satisfies SpanProcessor1;
    await expect(processor.forceFlush()).resolves.toBeUndefined();
    await expect(processor.shutdown()).resolves.toBeUndefined();
    expect(() => processor.onEnd({} as Span)).not.toThrow();
  });
});
