import type { ProfileQuery } from "./querier.ts";
import { callRpc } from "./rpc.ts";

/** What is known of the samples of one span, in one service and of one profile type. */
export interface SpanSummary {
  readonly spanId: string;
  /** Empty when the profiles do not tell. */
  readonly traceId: string;
  readonly name: string;
  readonly service: string;
  /** Profile type id. */
  readonly type: string;
  /** Times of the first and the last profile with samples of the span, in milliseconds. */
  readonly firstTime: number;
  readonly lastTime: number;
  /** In the unit of the profile type. */
  readonly total: number;
  readonly profiles: number;
}

/** Spans with samples that match, largest total first. */
export async function listSpans(
  query: ProfileQuery,
  limit: number,
  signal: AbortSignal,
): Promise<SpanSummary[]> {
  const request = {
    profileTypeID: query.type,
    labelSelector: query.selector,
    start: String(Math.floor(query.range.start)),
    end: String(Math.ceil(query.range.end)),
    limit: String(limit),
  };
  return parseSpans(await callRpc("pyrospan.v1.SpanService/ListSpans", request, signal));
}

/** Everything known of a span or of a trace's spans, when neither service nor time is. Exactly one id is given. */
export async function findSpan(
  id: { readonly span: string } | { readonly trace: string },
  signal: AbortSignal,
): Promise<SpanSummary[]> {
  const request = "span" in id ? { spanId: id.span } : { traceId: id.trace };
  return parseSpans(await callRpc("pyrospan.v1.SpanService/FindSpan", request, signal));
}

interface SpanJson {
  readonly spanId?: string;
  readonly traceId?: string;
  readonly spanName?: string;
  readonly serviceName?: string;
  readonly profileTypeID?: string;
  readonly firstTime?: string;
  readonly lastTime?: string;
  readonly total?: string;
  readonly profiles?: string;
}

function parseSpans(answer: unknown): SpanSummary[] {
  const { spans = [] } = answer as { spans?: readonly SpanJson[] };
  return spans.map((span) => ({
    spanId: span.spanId ?? "",
    traceId: span.traceId ?? "",
    name: span.spanName ?? "",
    service: span.serviceName ?? "",
    type: span.profileTypeID ?? "",
    firstTime: Number(span.firstTime ?? 0),
    lastTime: Number(span.lastTime ?? 0),
    total: Number(span.total ?? 0),
    profiles: Number(span.profiles ?? 0),
  }));
}
