import { trace } from "@opentelemetry/api";
import { inOwnFrame } from "../src/own-frame.ts";
import type { Setup } from "./setups.ts";

const SPANS = 30_000;

/** Microseconds that starting, activating and ending one span takes more under a setup than when it is off. */
export async function spanCostMicros(
  setup: Setup,
  serverAddress: string,
  repeats: number,
): Promise<number[]> {
  const profiling = await setup.load();
  const costs: number[] = [];
  inOwnFrame(spans);
  for (let i = 0; i < repeats; i++) {
    const off = inOwnFrame(spans);
    // What the setup leaves in the frame that it is started in belongs to its cost, and stays there.
    const on = await inOwnFrame(async () => {
      profiling.start(serverAddress);
      spans();
      const micros = spans();
      await profiling.stop();
      return micros;
    });
    costs.push(on - off);
  }
  return costs;
}

/** Microseconds for a span, without a profiler's help from the application: nothing runs in it. */
function spans(): number {
  const tracer = trace.getTracer("bench");
  const start = process.cpuUsage();
  for (let i = 0; i < SPANS; i++) tracer.startActiveSpan("span", (span) => span.end());
  const { user, system } = process.cpuUsage(start);
  return (user + system) / SPANS;
}
