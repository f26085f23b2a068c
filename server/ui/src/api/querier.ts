import { decodeFlameGraph, type FlameGraphJson } from "../flame/decode.ts";
import type { FrameTable } from "../flame/frame-table.ts";
import type { TimeRange } from "../state/time-range.ts";
import { callRpc } from "./rpc.ts";

/** Most frames the page asks for; the rest comes back folded into `other`. */
export const MAX_FRAMES = 65_536;

/** A profile type that a service has data of. */
export interface ServiceProfileType {
  readonly service: string;
  readonly type: string;
}

/** Which services have which profile types in a time range. */
export async function listServices(
  range: TimeRange,
  signal: AbortSignal,
): Promise<ServiceProfileType[]> {
  const request = { labelNames: ["service_name", "__profile_type__"], ...times(range) };
  const answer = (await callRpc("querier.v1.QuerierService/Series", request, signal)) as {
    labelsSet?: { labels?: { name?: string; value?: string }[] }[];
  };
  const found: ServiceProfileType[] = [];
  for (const { labels = [] } of answer.labelsSet ?? []) {
    const labelOf = (name: string) => labels.find((label) => label.name === name)?.value;
    const service = labelOf("service_name");
    const type = labelOf("__profile_type__");
    if (service !== undefined && type !== undefined) found.push({ service, type });
  }
  return found;
}

/** What a flame graph or a time line is asked for. */
export interface ProfileQuery {
  /** Profile type id. */
  readonly type: string;
  readonly selector: string;
  readonly range: TimeRange;
  /** Only samples of this span. */
  readonly span?: string;
  /** Only samples of this trace. Not together with a span. */
  readonly trace?: string;
}

/** The merged flame graph of all samples that match. */
export async function selectFlameGraph(
  query: ProfileQuery,
  signal: AbortSignal,
): Promise<FrameTable> {
  const request = {
    profileTypeID: query.type,
    labelSelector: query.selector,
    ...times(query.range),
    maxNodes: String(MAX_FRAMES),
    format: "PROFILE_FORMAT_FLAMEGRAPH",
    ...(query.span ? { spanSelector: [query.span] } : {}),
    ...(query.trace ? { traceIdSelector: [query.trace] } : {}),
  };
  const method = "querier.v1.QuerierService/SelectMergeStacktraces";
  const answer = (await callRpc(method, request, signal)) as { flamegraph?: FlameGraphJson };
  return decodeFlameGraph(answer.flamegraph);
}

/** One bucket's sum: of what was recorded in the step before `time` (milliseconds). */
export interface Point {
  readonly time: number;
  readonly value: number;
}

/** Sums of a profile type over time, one point for each step that has data. The step is in milliseconds. */
export async function selectSeries(
  query: ProfileQuery,
  stepMs: number,
  signal: AbortSignal,
): Promise<Point[]> {
  const request = {
    profileTypeID: query.type,
    labelSelector: query.selector,
    ...times(query.range),
    step: stepMs / 1000,
  };
  const answer = (await callRpc("querier.v1.QuerierService/SelectSeries", request, signal)) as {
    series?: { points?: { value?: number; timestamp?: string }[] }[];
  };
  return (answer.series?.[0]?.points ?? []).map(({ timestamp, value }) => ({
    time: Number(timestamp ?? 0),
    value: Number(value ?? 0),
  }));
}

function times({ start, end }: TimeRange): { start: string; end: string } {
  return { start: String(Math.floor(start)), end: String(Math.ceil(end)) };
}
