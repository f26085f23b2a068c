import { useCallback, useMemo, useState } from "react";
import { selectFlameGraph } from "../api/querier.ts";
import { isEmpty } from "../flame/frame-table.ts";
import { ProfilePanel } from "../profile/profile-panel.tsx";
import { defaultSpanProfileType, parseProfileType } from "../profile/profile-type.ts";
import { labelSelector } from "../profile/selector.ts";
import type { PageState } from "../state/page-state.ts";
import { isSpanId, isTraceId } from "../state/trace-identifier.ts";
import type { Navigate } from "../state/use-page-state.ts";
import { useQuery } from "../state/use-query.ts";
import { useTitle } from "../state/use-title.ts";
import { ErrorNotice } from "../ui/error-notice.tsx";
import { Loading } from "../ui/loading.tsx";
import { queryRange, type SpanFacts, typesOf } from "./span-facts.ts";
import { SpanHeading } from "./span-heading.tsx";
import { SpanNotFound } from "./span-not-found.tsx";
import { TraceSpans } from "./trace-spans.tsx";
import { useSpanFacts } from "./use-span-facts.ts";

const NONE: readonly SpanFacts[] = [];

/**
 * The flame graph of one span, or of a trace as a whole with its spans to choose from. An id is enough: service,
 * time and profile types are looked up.
 */
export function SpanView({ state, navigate }: { state: PageState; navigate: Navigate }) {
  const [attempt, setAttempt] = useState(0);
  const retry = useCallback(() => setAttempt((before) => before + 1), []);
  const { span, trace } = state;
  const wellFormed = isSpanId(span) && isTraceId(trace);
  const found = useSpanFacts(wellFormed ? span : "", wellFormed ? trace : "", attempt);
  const chosen = found.chosen ?? NONE;
  const types = useMemo(() => typesOf(chosen), [chosen]);
  const type = types.includes(state.type) ? state.type : (defaultSpanProfileType(types) ?? "");
  const query =
    chosen.length === 0 || type === ""
      ? undefined
      : {
          type,
          selector: labelSelector(state.service, ""),
          range: queryRange(chosen),
          ...(span ? { span } : { trace }),
        };
  const of = span || trace;
  const profile = useQuery(
    query && `span ${of} ${type} ${query.selector} ${attempt}`,
    async (signal) => ({ of, type, table: await selectFlameGraph(query!, signal) }),
  );

  useTitle(titleOf(span, trace, chosen[0]?.name));

  if (found.error) return <ErrorNotice error={found.error} retry={retry} />;
  if (!found.chosen && wellFormed) return <Loading what={trace ? "the trace" : "the span"} />;
  if (chosen.length === 0) {
    return <SpanNotFound span={span} trace={trace} navigate={navigate} retry={retry} />;
  }
  return (
    <>
      <SpanHeading state={state} navigate={navigate} spans={chosen} types={types} type={type} />
      {found.ofTrace.length > 0 && (
        <TraceSpans
          spans={found.ofTrace}
          type={type}
          selected={span}
          trace={trace}
          navigate={navigate}
        />
      )}
      {profileBody()}
    </>
  );

  function profileBody() {
    if (profile.error) return <ErrorNotice error={profile.error} retry={retry} />;
    // While another span's profile is loading, the answer is still that of the one before.
    if (profile.data?.of !== of) return <Loading what="the profile" />;
    if (isEmpty(profile.data.table)) {
      return (
        <div className="notice">
          <h2>No samples</h2>
          <p>The server knows this span, but has no samples of it any more.</p>
        </div>
      );
    }
    return (
      <ProfilePanel
        table={profile.data.table}
        unit={parseProfileType(profile.data.type).sampleUnit}
        loading={profile.loading}
        state={state}
        navigate={navigate}
      />
    );
  }
}

function titleOf(span: string, trace: string, name: string | undefined): string {
  if (span === "") return `Trace ${trace.slice(0, 8)}`;
  return name ? `${name} ${span.slice(0, 8)}` : `Span ${span.slice(0, 8)}`;
}
