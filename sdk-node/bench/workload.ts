import { setImmediate as immediate } from "node:timers/promises";
import { type Tracer, trace } from "@opentelemetry/api";

/** What a stretch of load looked like. */
export interface LoadResult {
  readonly requests: number;
  readonly latenciesMs: readonly number[];
}

/** Serves requests of about 0.4 ms CPU, five spans each, twenty at once, until told to stop. */
export async function load(isOver: () => boolean): Promise<LoadResult> {
  const tracer = trace.getTracer("bench");
  const latenciesMs: number[] = [];
  const client = async (): Promise<void> => {
    while (!isOver()) {
      const start = performance.now();
      await request(tracer);
      latenciesMs.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: 20 }, client));
  return { requests: latenciesMs.length, latenciesMs };
}

function request(tracer: Tracer): Promise<number> {
  return tracer.startActiveSpan("GET /cart", async (root) => {
    let sum = step(tracer, "authenticate", authenticate);
    await immediate();
    sum += await stepLater(tracer, "load cart", renderRows);
    sum += step(tracer, "price", authenticate);
    await immediate();
    sum += step(tracer, "render", renderRows);
    root.end();
    return sum;
  });
}

function step(tracer: Tracer, name: string, work: () => number): number {
  return tracer.startActiveSpan(name, (span) => {
    const sum = work();
    span.end();
    return sum;
  });
}

function stepLater(tracer: Tracer, name: string, work: () => number): Promise<number> {
  return tracer.startActiveSpan(name, async (span) => {
    await immediate();
    const sum = work();
    span.end();
    return sum;
  });
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
