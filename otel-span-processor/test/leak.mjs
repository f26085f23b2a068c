// Starts, activates and ends many spans under a running profiler, and prints how the heap grew, also on the way:
//   node --expose-gc leak.mjs [spans]
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { PyrospanSpanProcessor } from "@pyrospan/otel-span-processor";
import { createProfiler, withLabels } from "@pyrospan/sdk-node";

const spans = Number(process.argv[2] ?? 1_000_000);
context.setGlobalContextManager(new AsyncLocalStorageContextManager());
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new PyrospanSpanProcessor()] }),
);
const quiet = { error() {}, warn() {}, info() {}, debug() {} };
// Nobody listens there: what waits to be sent is bounded too.
const profiler = createProfiler({
  serverAddress: "http://127.0.0.1:9",
  flushIntervalMs: 500,
  wall: { samplingIntervalMicros: 1_000 },
  logger: quiet,
});
profiler.start();
const tracer = trace.getTracer("leak");
const watched = [];

/** A span of each sort: synchronous, across an await, and with labels. */
async function request(watch) {
  await tracer.startActiveSpan("root", async (root) => {
    if (watch) watched.push(new WeakRef(root));
    tracer.startActiveSpan("child", (child) => child.end());
    await null;
    await withLabels({ route: "/x" }, () =>
      tracer.startActiveSpan("late", async (late) => {
        await null;
        late.end();
      }),
    );
    root.end();
  });
}

async function run(count) {
  for (let done = 0; done < count; done += 300) {
    await Promise.all(Array.from({ length: 100 }, () => request(done % 30_000 === 0)));
    if (done % 3_000 === 0) await new Promise((turn) => setTimeout(turn, 0));
  }
}

function toMB(bytes) {
  return Math.round(bytes / 104_857.6) / 10;
}

async function heapUsed() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc();
    await new Promise((turn) => setTimeout(turn, 20));
  }
  return process.memoryUsage().heapUsed;
}

await run(spans / 5);
await profiler.flush();
const before = await heapUsed();
watched.length = 0;
const onTheWay = [];
for (let tenth = 0; tenth < 10; tenth++) {
  await run(spans / 10);
  const { rss } = process.memoryUsage();
  onTheWay.push({ heapMB: toMB(await heapUsed()), rssMB: toMB(rss) });
}
await Promise.race([profiler.flush(), new Promise((turn) => setTimeout(turn, 3_000))]);
const after = await heapUsed();
const alive = watched.filter((one) => one.deref() !== undefined).length;
process.stdout.write(
  `${JSON.stringify({ spans, grownMB: toMB(after - before), watched: watched.length, alive, onTheWay })}\n`,
);
process.exit();
