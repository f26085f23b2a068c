// Runs the attribution workload under one profiler and prints the score as a line of JSON.
//   node stress.mjs [pyrospan|pyroscope-nodejs] [--otel=1|2] [--requests=200] [--rounds=2]
import { context, trace } from "@opentelemetry/api";
import { samplesOf, startCaptureServer } from "../capture-server.mjs";
import { score } from "./score.mjs";
import { runWorkload } from "./workload.mjs";

const options = Object.fromEntries(
  process.argv.slice(3).map((argument) => argument.replace(/^--/, "").split("=")),
);
const profiler = process.argv[2] ?? "pyrospan";
const requests = Number(options.requests ?? 200);
const rounds = Number(options.rounds ?? 2);
const chunkMs = Number(options.chunk ?? 0.5);
const INTERVAL_MICROS = 1_000;

const result = profiler === "pyrospan" ? await runPyrospan() : await runIncumbent();
process.stdout.write(`${JSON.stringify({ node: process.version, profiler, ...result })}\n`);

async function runPyrospan() {
  const { PyrospanSpanProcessor } = await import("@pyrospan/otel-span-processor");
  const pyroscope = await import("@pyrospan/sdk-node");
  const { followMode } = await import("../../dist/collect/create-follower.js");
  const server = options.server ? undefined : await startCaptureServer();
  const tracer = await startTracing(new PyrospanSpanProcessor());
  pyroscope.start({
    appName: options.app ?? "attribution",
    serverAddress: options.server ?? server.url,
    wall: { samplingIntervalMicros: INTERVAL_MICROS, samplingDurationMs: 1_000 },
    heap: { enabled: false },
    flushIntervalMs: 3_000,
  });
  const spanOfBurner = await runWorkload({
    requests,
    rounds,
    chunkMs,
    inSpan: (name, fn) =>
      tracer.startActiveSpan(name, (span) => endAfter(span, () => fn(span.spanContext().spanId))),
  });
  await pyroscope.stop();
  const mode = followMode();
  if (server === undefined) return { mode, spanOfBurner: Object.fromEntries(spanOfBurner) };
  return { mode, ...score(samplesIn(server, "wall"), spanOfBurner) };
}

async function runIncumbent() {
  const { default: incumbent } = await import("@pyroscope/nodejs");
  const server = await startCaptureServer();
  incumbent.init({
    appName: "attribution",
    serverAddress: server.url,
    flushIntervalMs: 3_000,
    wall: { samplingDurationMs: 3_000, samplingIntervalMicros: INTERVAL_MICROS },
  });
  incumbent.startWallProfiling();
  let spans = 0;
  const spanOfBurner = await runWorkload({
    requests,
    rounds,
    chunkMs,
    inSpan: (_name, fn) => {
      const spanId = String(++spans).padStart(16, "0");
      let result;
      incumbent.wrapWithLabels({ span_id: spanId }, () => {
        result = fn(spanId);
      });
      return result;
    },
  });
  await incumbent.stopWallProfiling();
  return { mode: "wrapWithLabels", ...score(samplesIn(server, "ingest"), spanOfBurner) };
}

function samplesIn(server, name) {
  return server
    .profiles()
    .filter((one) => one.name === name)
    .flatMap(({ profile }) => samplesOf(profile, "samples"));
}

async function startTracing(processor) {
  const one = options.otel === "1";
  const { AsyncLocalStorageContextManager } = await import(
    one ? "otel-context-async-hooks-1" : "@opentelemetry/context-async-hooks"
  );
  const { BasicTracerProvider } = await import(
    one ? "otel-sdk-trace-base-1" : "@opentelemetry/sdk-trace-base"
  );
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const provider = new BasicTracerProvider({ spanProcessors: [processor] });
  trace.setGlobalTracerProvider(provider);
  return trace.getTracer("attribution");
}

function endAfter(span, fn) {
  const result = fn();
  if (typeof result?.then !== "function") {
    span.end();
    return result;
  }
  return result.finally(() => span.end());
}
