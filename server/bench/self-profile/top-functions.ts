import { createQuerierClient } from "../server/queries.ts";

/** CPU time of one function itself, and of all functions together, in nanoseconds. */
export interface FunctionTime {
  readonly name: string;
  readonly self: number;
  readonly total: number;
}

/** Threads of the server that run our code. */
export const threads = ["main", "ingest"] as const;

const cpuTime = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
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

/** The functions of one thread that took most CPU time since `startMs`, from the flame graph of a server. */
export async function topFunctions(
  url: string,
  thread: string,
  startMs: number,
): Promise<readonly FunctionTime[]> {
  const { flamegraph } = await createQuerierClient(url).selectMergeStacktraces({
    profileTypeID: cpuTime,
    labelSelector: `{service_name="pyrospan", thread="${thread}"}`,
    start: BigInt(startMs - 60_000),
    end: BigInt(Date.now()),
    maxNodes: 100_000n,
  });
  if (flamegraph === undefined) return [];
  const selfByName = new Map<string, number>();
  for (const { values } of flamegraph.levels) {
    // Each bar is four numbers: offset, total, self, index of the name.
    for (let i = 0; i < values.length; i += 4) {
      const name = flamegraph.names[Number(values[i + 3])] ?? "";
      selfByName.set(name, (selfByName.get(name) ?? 0) + Number(values[i + 2]));
    }
  }
  return [...selfByName]
    .map(([name, self]) => ({ name, self, total: Number(flamegraph.total) }))
    .sort((a, b) => b.self - a.self)
    .slice(0, shown);
}
