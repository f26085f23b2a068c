/** Something to time: `run` does the work once and returns its result. */
export interface Contestant {
  readonly name: string;
  run(): unknown;
}

/** Microseconds a run in each round. */
export type Timings = ReadonlyMap<string, readonly number[]>;

/** What was returned last, so that no work can be left out as useless. */
export const sink: { last: unknown } = { last: undefined };

/**
 * Times contestants in turn, round by round, so that whatever else the machine does meets them all. Each round runs
 * a contestant for at least `roundMs`, beginning with another one each time.
 *
 * Counted is CPU time of this thread, which on a quiet machine is what the clock says and stays comparable on a busy
 * one. What compiler and garbage collector do in other threads is left out, in favour of whoever makes more garbage.
 */
export function timeRounds(
  contestants: readonly Contestant[],
  rounds: number,
  roundMs: number,
): Timings {
  const timings = new Map(contestants.map(({ name }) => [name, [] as number[]]));
  const repeats = new Map(
    contestants.map((contestant) => [contestant, warmUp(contestant, roundMs)]),
  );
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const contestant = contestants[(round + turn) % contestants.length]!;
      const count = repeats.get(contestant)!;
      const begin = threadMicros();
      let runs = 0;
      let micros = 0;
      // Some kernels count a thread's time in ticks of 4 ms, so a short round may seem to take none.
      while (micros < 500 * roundMs) {
        for (let i = 0; i < count; i++) sink.last = contestant.run();
        runs += count;
        micros = threadMicros() - begin;
      }
      timings.get(contestant.name)!.push(micros / runs);
    }
  }
  return timings;
}

/** Runs until the code is compiled for good; returns how many runs take `roundMs`. */
function warmUp({ run }: Contestant, roundMs: number): number {
  const begin = threadMicros();
  let count = 0;
  while (count < 2 || threadMicros() - begin < 15_000 * roundMs) {
    sink.last = run();
    count++;
  }
  return Math.max(1, Math.ceil((count * roundMs * 1_000) / (threadMicros() - begin)));
}

/** CPU time of this thread so far. */
function threadMicros(): number {
  // New in Node 23.9, not yet in the types that the packages are compiled with.
  const { user, system } = (
    process as unknown as { threadCpuUsage(): NodeJS.CpuUsage }
  ).threadCpuUsage();
  return user + system;
}

/** Bytes that one result keeps alive, on the JavaScript heap and beside it: the mean of `copies`. */
export function retainedBytes(run: () => unknown, copies: number): number {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error("run with --expose-gc");
  const used = () => {
    collect();
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const kept: unknown[] = Array(copies).fill(undefined);
  sink.last = run();
  sink.last = undefined;
  const before = used();
  for (let i = 0; i < copies; i++) kept[i] = run();
  const after = used();
  if (kept.length !== copies) throw new Error("unreachable");
  return (after - before) / copies;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
