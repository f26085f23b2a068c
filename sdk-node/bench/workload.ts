import { setImmediate as immediate } from "node:timers/promises";
import { type Tracer, trace } from "@opentelemetry/api";

/** What a stretch of load looked like. */
export interface LoadResult {
  readonly requests: number;
  readonly latenciesMs: readonly number[];
}

/** As a server span with one handler span below it. */
export const SPANS_PER_REQUEST = 2;

/** Serves requests of about 0.4 ms CPU, twenty at once, until told to stop. */
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
    let sum = authenticate();
    await immediate();
    sum += await tracer.startActiveSpan("handler", async (span) => {
      let inner = renderRows();
      await immediate();
      inner += authenticate();
      await immediate();
      inner += renderRows();
      span.end();
      return inner;
    });
    root.end();
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
