import { setTimeout as sleep } from "node:timers/promises";
import { inOwnFrame } from "../src/own-frame.ts";
import { cpuTime } from "./cpu-time.ts";
import type { Profiling, Setup } from "./setups.ts";
import { load } from "./workload.ts";

/** One stretch of load under one setup. */
export interface Stretch {
  readonly mainMicros: number;
  readonly othersMicros: number;
  readonly p99Ms: number;
}

/** Stretches of every setup, round by round, so that each has an "off" of the same moment. */
export type Rounds = Map<string, Stretch>[];

/** Runs the setups in turn, in another order each round, with one warm-up round that does not count. */
export async function runRounds(
  setups: readonly Setup[],
  rounds: number,
  stretchMs: number,
  serverAddress: string,
  handlerSpan: boolean,
): Promise<Rounds> {
  const results: Rounds = [];
  const loaded = new Map<string, Profiling>();
  for (const setup of setups) loaded.set(setup.name, await setup.load());
  for (let round = -1; round < rounds; round++) {
    const stretches = new Map<string, Stretch>();
    for (let i = 0; i < setups.length; i++) {
      const setup = setups[(i + Math.max(round, 0) * 2) % setups.length]!;
      const profiling = loaded.get(setup.name)!;
      // Each in a frame of its own: what a setup leaves in the one it is started in, the next would copy with every span.
      const one = await inOwnFrame(() => stretch(profiling, stretchMs, serverAddress, handlerSpan));
      stretches.set(setup.name, one);
    }
    if (round >= 0) results.push(stretches);
  }
  return results;
}

async function stretch(
  profiling: Profiling,
  stretchMs: number,
  serverAddress: string,
  handlerSpan: boolean,
): Promise<Stretch> {
  globalThis.gc?.();
  profiling.start(serverAddress);
  // Starting makes V8 report all its code to the profiler once, and compile anew what now runs otherwise; that is no
  // running cost. It shows for about three seconds.
  let warm = false;
  let over = false;
  const warmUp = load(() => warm, handlerSpan);
  await sleep(Math.min(3_000, stretchMs));
  warm = true;
  await warmUp;
  const before = cpuTime();
  const running = load(() => over, handlerSpan);
  await sleep(stretchMs);
  // The upload belongs to the cost: one for each stretch.
  await profiling.stop();
  over = true;
  const { requests, latenciesMs } = await running;
  const after = cpuTime();
  return {
    mainMicros: (after.main - before.main) / 1_000 / requests,
    othersMicros: (after.others - before.others) / 1_000 / requests,
    p99Ms: latenciesMs.toSorted((a, b) => a - b)[Math.floor(latenciesMs.length * 0.99)] ?? 0,
  };
}

/** Mean and standard error. */
export function meanAndError(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance =
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}
