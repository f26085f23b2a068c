import { setTimeout as delay } from "node:timers/promises";
import type { Contender } from "./contender.ts";
import { createQuerierClient, type Query, type TimeRange } from "./queries.ts";

/** Times of small requests made while a server is busy, in milliseconds, sorted. */
export interface ProbeTimes {
  readonly readyMs: Float64Array;
  readonly queryMs: Float64Array;
}

const pauseMs = 20;

/** Asks for `/ready` and runs a query in turns, with pauses, until `until` settles. */
export async function probeUntil(
  contender: Contender,
  query: Query,
  range: TimeRange,
  until: Promise<unknown>,
): Promise<ProbeTimes> {
  const client = createQuerierClient(contender.url);
  const readyMs: number[] = [];
  const queryMs: number[] = [];
  let over = false;
  const end = (): void => {
    over = true;
  };
  until.then(end, end);
  while (!over) {
    readyMs.push(await timed(async () => (await fetch(`${contender.url}/ready`)).arrayBuffer()));
    await delay(pauseMs);
    queryMs.push(await timed(() => query.ask(client, range)));
    await delay(pauseMs);
  }
  return { readyMs: Float64Array.from(readyMs).sort(), queryMs: Float64Array.from(queryMs).sort() };
}

/** Milliseconds that `work` took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
