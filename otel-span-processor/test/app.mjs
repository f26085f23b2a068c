// An application as users write it: node app.mjs <NodeSDK|1.x> <import|require> <server address> <service name>
// Serves spans that take turns, each with a function of its own; prints the span id of each function as JSON.
import { createRequire } from "node:module";
import { setImmediate as immediate } from "node:timers/promises";
import { context, trace } from "@opentelemetry/api";
import { burner } from "../../sdk-node/test/attribution/burn.mjs";

const [sdk, loading, serverAddress, serviceName] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const load = loading === "import" ? (name) => import(name) : async (name) => require(name);

const { default: pyroscope } = await load("@pyrospan/sdk-node");
const { PyrospanSpanProcessor } = await load("@pyrospan/otel-span-processor");
const tracing = sdk === "NodeSDK" ? await nodeSdk() : await sdkOne();
pyroscope.start({
  serverAddress,
  wall: { samplingIntervalMicros: 2_000 },
  heap: { enabled: false },
  flushIntervalMs: 60_000,
  // Elsewhere the name comes from NodeSDK's resource.
  ...(sdk === "NodeSDK" ? {} : { appName: serviceName }),
});
const tracer = trace.getTracer("app");

async function serve(name) {
  const burnRequest = burner(`burn_${name}`);
  const burnQuery = burner(`burn_${name}_query`);
  return tracer.startActiveSpan(name, async (span) => {
    burnRequest(30);
    await immediate();
    const query = await tracer.startActiveSpan(`${name} query`, async (child) => {
      burnQuery(30);
      await immediate();
      burnQuery(30);
      child.end();
      return child.spanContext().spanId;
    });
    burnRequest(30);
    span.end();
    return [
      [`burn_${name}`, span.spanContext().spanId],
      [`burn_${name}_query`, query],
    ];
  });
}

const spanOf = await Promise.all(["cart", "login", "search", "order", "help"].map(serve));
await pyroscope.stop();
await tracing.shutdown();
process.stdout.write(JSON.stringify(Object.fromEntries(spanOf.flat())));

async function nodeSdk() {
  const { NodeSDK } = await load("@opentelemetry/sdk-node");
  const started = new NodeSDK({ serviceName, spanProcessors: [new PyrospanSpanProcessor()] });
  started.start();
  return started;
}

async function sdkOne() {
  const { AsyncLocalStorageContextManager } = await load("otel-context-async-hooks-1");
  const { BasicTracerProvider } = await load("otel-sdk-trace-base-1");
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const provider = new BasicTracerProvider({ spanProcessors: [new PyrospanSpanProcessor()] });
  trace.setGlobalTracerProvider(provider);
  return provider;
}
