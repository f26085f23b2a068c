import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { SpanService } from "@pyrospan/wire";
import { parseSpanIds, parseTraceIds } from "./id-selectors.ts";
import { parseProfileType } from "./profile-type.ts";
import { invalidArgument } from "./query-error.ts";
import { type QueryServiceOptions, requestSelector, scopeRange } from "./query-scope.ts";
import { requestScope, withConnectErrors } from "./request-scope.ts";
import { findSpans, listSpans, type SpanData } from "./spans.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000n;

/** Answers which spans have samples. */
export function createSpanService(options: QueryServiceOptions): ServiceImpl<typeof SpanService> {
  return withConnectErrors({
    async listSpans(request, context: HandlerContext) {
      const scope = requestScope(options, context);
      const range = scopeRange(scope, request.start, request.end);
      const type = parseProfileType(request.profileTypeID);
      const matchers = requestSelector(request.labelSelector);
      if (request.limit < 0n || request.limit > MAX_LIMIT) {
        throw invalidArgument(`limit must be between 0 and ${MAX_LIMIT}, got ${request.limit}`);
      }
      if (range === undefined) return {};
      const filter = { tenants: scope.tenants, range, profileType: type.id, matchers };
      const limit = Number(request.limit) || DEFAULT_LIMIT;
      return { spans: (await listSpans(scope, filter, limit)).map(message) };
    },

    async findSpan(request, context: HandlerContext) {
      const scope = requestScope(options, context);
      const { spanId, traceId } = request;
      if ((spanId === "") === (traceId === "")) {
        throw invalidArgument("exactly one of span_id and trace_id is required");
      }
      const [span] = spanId === "" ? [] : parseSpanIds([spanId]);
      const [trace] = traceId === "" ? [] : parseTraceIds([traceId]);
      if (span === undefined && trace === undefined) return {};
      const id = span === undefined ? { trace: trace! } : { span };
      return { spans: (await findSpans(scope, id, Number(MAX_LIMIT))).map(message) };
    },
  } satisfies ServiceImpl<typeof SpanService>);
}

function message(span: SpanData): object {
  const { profileType, firstTimeMs, lastTimeMs, profiles, ...same } = span;
  return {
    ...same,
    profileTypeID: profileType,
    firstTime: BigInt(firstTimeMs),
    lastTime: BigInt(lastTimeMs),
    profiles: BigInt(profiles),
  };
}
