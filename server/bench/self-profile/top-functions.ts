import { createQuerierClient } from "../server/queries.ts";

/** CPU time of one thread, in nanoseconds. */
export interface ThreadTime {
  /** Those with most time in themselves, most first. */
  readonly functions: readonly { readonly name: string; readonly self: number }[];
  /** Of all functions together. */
  readonly total: number;
  /** What the SDK of the main thread adds for threads without JavaScript: the engine, compression, garbage collection. */
  readonly otherThreads: number;
}

/** Threads of the server that run our code. */
export const threads = ["main", "ingest"] as const;

const cpuTime = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
const otherThreads = "Non JS threads activity";
const shown = 15;

/** Address of the page that shows the flame graph of one thread between two moments (milliseconds). */
export function pageOf(url: string, thread: string, startMs: number, endMs: number): string {
  const query = new URLSearchParams({
    service: "pyrospan",
    type: cpuTime,
    filter: `thread="${thread}"`,
    from: String(startMs),
    until: String(endMs),
  });
  return `${url}/?${query}`;
}

/** Where one thread spent its CPU time since `startMs`, from the flame graph of a server. */
export async function topFunctions(
  url: string,
  thread: string,
  startMs: number,
): Promise<ThreadTime> {
  const { flamegraph } = await createQuerierClient(url).selectMergeStacktraces({
    profileTypeID: cpuTime,
    labelSelector: `{service_name="pyrospan", thread="${thread}"}`,
    start: BigInt(startMs),
    end: BigInt(Date.now()),
    maxNodes: 100_000n,
  });
  const selfByName = new Map<string, number>();
  for (const { values } of flamegraph?.levels ?? []) {
    // Each bar is four numbers: offset, total, self, index of the name.
    for (let i = 0; i < values.length; i += 4) {
      const name = flamegraph?.names[Number(values[i + 3])] ?? "";
      selfByName.set(name, (selfByName.get(name) ?? 0) + Number(values[i + 2]));
    }
  }
  const ofOthers = selfByName.get(otherThreads) ?? 0;
  selfByName.delete(otherThreads);
  return {
    functions: [...selfByName]
      .map(([name, self]) => ({ name, self }))
      .sort((a, b) => b.self - a.self)
      .slice(0, shown),
    total: Number(flamegraph?.total ?? 0n) - ofOthers,
    otherThreads: ofOthers,
  };
}
