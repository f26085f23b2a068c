/** Event loop delay of our server since the last reading, in milliseconds. */
export interface EventLoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Reads the delay from `/metrics`, which starts a new measurement; undefined when it is not there. */
export async function readEventLoopDelay(url: string): Promise<EventLoopDelay | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const p99 = gauge(text, "nodejs_eventloop_lag_p99_seconds");
  const max = gauge(text, "nodejs_eventloop_lag_max_seconds");
  if (p99 === undefined || max === undefined) return undefined;
  return { p99Ms: p99 * 1000, maxMs: max * 1000 };
}

function gauge(text: string, name: string): number | undefined {
  const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}
