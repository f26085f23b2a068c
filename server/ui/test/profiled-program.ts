// A program with a profiler in it, run as a child process: two spans of one trace, each with functions of its own,
// and work outside of any span. Prints the ids as one line of JSON when its profiles are with the server.
import { trace } from "@opentelemetry/api";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { PyrospanSpanProcessor } from "@pyrospan/otel-span-processor";
import * as pyroscope from "@pyrospan/sdk-node";

pyroscope.start({ appName: "shop", serverAddress: process.argv[2]!, tags: { region: "eu-1" } });
const provider = new NodeTracerProvider({ spanProcessors: [new PyrospanSpanProcessor()] });
provider.register();
const tracer = trace.getTracer("shop");

function burn(ms: number): number {
  const end = performance.now() + ms;
  let sum = 0;
  while (performance.now() < end) sum += Math.sqrt(sum + 1);
  return sum;
}

function scoreCatalog(): number {
  return tokenize() + burn(300);
}

function tokenize(): number {
  return burn(250);
}

function signOrder(): number {
  return burn(200);
}

function flushMetrics(): number {
  return burn(150);
}

const ids = await tracer.startActiveSpan("GET /search", async (search) => {
  scoreCatalog();
  await new Promise(setImmediate);
  const checkout = tracer.startActiveSpan("POST /checkout", (span) => {
    signOrder();
    span.end();
    return span.spanContext();
  });
  scoreCatalog();
  search.end();
  const { traceId, spanId } = search.spanContext();
  return { traceId, search: spanId, checkout: checkout.spanId };
});
await new Promise(setImmediate);
flushMetrics();
await pyroscope.stop();
console.log(JSON.stringify(ids));
