import type { FinishedSpan } from "./slowest-spans.ts";

/** One line of the report: a span and what its flame graph says. The fields of the JSON form, in this order. */
export interface SpanReport {
  readonly traceId: string;
  readonly spanId: string;
  readonly route: string;
  readonly durationMs: number;
  /** How often the profiler found the process inside this span. */
  readonly samples: number;
  /** Functions by self time, most first. */
  readonly top: readonly { readonly function: string; readonly selfNanos: number }[];
  /** The span's flame graph on the server's page. */
  readonly url: string;
}

interface FlameGraph {
  readonly names?: readonly string[];
  readonly levels?: readonly { readonly values?: readonly string[] }[];
  readonly total?: string;
}

const wallNanos = "wall:wall:nanoseconds:wall:nanoseconds";
const wallSamples = "wall:samples:count:wall:nanoseconds";

/** Asks the server for the profile of one span; undefined when no sample fell into it. */
export async function reportSpan(
  serverUrl: string,
  serviceName: string,
  span: FinishedSpan,
): Promise<SpanReport | undefined> {
  const samples = await spanFlameGraph(serverUrl, serviceName, span, wallSamples);
  if (!Number(samples.total ?? 0)) return undefined;
  const time = await spanFlameGraph(serverUrl, serviceName, span, wallNanos);
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    route: span.route,
    durationMs: Math.round(span.durationMs * 10) / 10,
    samples: Number(samples.total),
    top: topFunctions(time, 3),
    url: new URL(`/?span=${span.spanId}`, serverUrl).href,
  };
}

async function spanFlameGraph(
  serverUrl: string,
  serviceName: string,
  span: FinishedSpan,
  profileTypeID: string,
): Promise<FlameGraph> {
  const response = await fetch(
    new URL("/querier.v1.QuerierService/SelectMergeStacktraces", serverUrl),
    {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        profileTypeID,
        labelSelector: `{service_name="${serviceName}"}`,
        spanSelector: [span.spanId],
        // The window Grafana asks for around a span.
        start: Math.floor(span.startMs) - 30_000,
        end: Math.ceil(span.startMs + span.durationMs) + 30_000,
      }),
    },
  );
  const body = (await response.json()) as { flamegraph?: FlameGraph; message?: string };
  if (!response.ok) throw new Error(`the server answered ${response.status}: ${body.message}`);
  return body.flamegraph ?? {};
}

/** Adds up self values by function. A bar is four numbers: offset, total, self, index of the name. */
function topFunctions({ names = [], levels = [] }: FlameGraph, limit: number): SpanReport["top"] {
  const self = new Map<string, number>();
  for (const { values = [] } of levels.slice(1)) {
    for (let bar = 0; bar < values.length; bar += 4) {
      const name = names[Number(values[bar + 3])] ?? "";
      self.set(name, (self.get(name) ?? 0) + Number(values[bar + 2]));
    }
  }
  return [...self]
    .map(([name, selfNanos]) => ({ function: name, selfNanos }))
    .filter(({ selfNanos }) => selfNanos > 0)
    .sort((a, b) => b.selfNanos - a.selfNanos)
    .slice(0, limit);
}
