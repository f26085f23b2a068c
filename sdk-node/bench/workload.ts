import { setImmediate as immediate } from "node:timers/promises";
import { type Tracer, trace } from "@opentelemetry/api";

/** What a stretch of load looked like. */
export interface LoadResult {
  readonly requests: number;
  readonly latenciesMs: readonly number[];
}

/**
 * Serves requests of about 0.4 ms CPU, twenty at once, until told to stop. Each has a server span; with `handlerSpan`
 * what comes after its first await is in a span below that.
 */
export async function load(isOver: () => boolean, handlerSpan = false): Promise<LoadResult> {
  const tracer = trace.getTracer("bench");
  const latenciesMs: number[] = [];
  const serve = handlerSpan
    ? () => tracer.startActiveSpan("handler", (span) => handle().finally(() => span.end()))
    : handle;
  const client = async (): Promise<void> => {
    while (!isOver()) {
      const start = performance.now();
      await request(tracer, serve);
      latenciesMs.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: 20 }, client));
  return { requests: latenciesMs.length, latenciesMs };
}

function request(tracer: Tracer, serve: () => Promise<number>): Promise<number> {
  return tracer.startActiveSpan("GET /cart", async (root) => {
    let sum = authenticate();
    await immediate();
    sum += await serve();
    root.end();
    return sum;
  });
}

async function handle(): Promise<number> {
  let sum = renderRows();
  await immediate();
  sum += authenticate();
  await immediate();
  return sum + renderRows();
}

function authenticate(): number {
  let hash = 7;
  for (let i = 0; i < 40_000; i++) hash = (hash * 31 + i) % 65_521;
  return hash;
}

function renderRows(): number {
  const rows = Array.from({ length: 60 }, (_, i) => ({ id: i, name: `item ${i}`, price: i * 3 }));
  return JSON.parse(JSON.stringify(rows)).length;
}
