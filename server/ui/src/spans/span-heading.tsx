import { formatSpanOfTime } from "../format/time.ts";
import { formatCount, formatValue } from "../format/value.ts";
import { parseProfileType, profileTypeLabel } from "../profile/profile-type.ts";
import type { PageState } from "../state/page-state.ts";
import type { Navigate } from "../state/use-page-state.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { Link } from "../ui/link.tsx";
import { SPAN_MARGIN_MS, type SpanFacts } from "./span-facts.ts";

/** What is known of a span or a trace: name, service, ids, when; its profile types with totals; where to go on. */
export function SpanHeading(props: {
  readonly state: PageState;
  readonly navigate: Navigate;
  /** One span, or the spans of a trace. */
  readonly spans: readonly SpanFacts[];
  readonly types: readonly string[];
  readonly type: string;
}) {
  const { state, navigate, spans, types, type } = props;
  const single = state.span === "" ? undefined : spans[0]!;
  const traceId = single ? single.traceId : state.trace;
  const services = [...new Set(spans.flatMap((span) => span.services))];
  const start = Math.min(...spans.map((span) => span.range.start));
  const end = Math.max(...spans.map((span) => span.range.end));
  const around = {
    service: services[0]!,
    type,
    filter: "",
    search: "",
    from: String(start - SPAN_MARGIN_MS),
    until: String(end + SPAN_MARGIN_MS),
  };
  return (
    <section className="span-heading" aria-label={single ? "Span" : "Trace"}>
      <div className="span-title">
        <h1>
          {single
            ? single.name || "(no name)"
            : `Trace of ${formatCount(spans.length)} ${spans.length === 1 ? "span" : "spans"}`}
        </h1>
        <fieldset className="segments" aria-label="Profile type">
          {types.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === type}
              title={each}
              onClick={() => navigate({ type: each })}
            >
              {profileTypeLabel(each)}{" "}
              <span className="segment-value">
                {formatValue(totalOf(spans, each), parseProfileType(each).sampleUnit)}
              </span>
            </button>
          ))}
        </fieldset>
      </div>
      <dl className="facts">
        <Fact label={services.length === 1 ? "Service" : "Services"}>{services.join(", ")}</Fact>
        {single && (
          <Fact label="Span id">
            <code>{single.spanId}</code> <CopyButton text={single.spanId} what="span id" />
          </Fact>
        )}
        {traceId && (
          <Fact label="Trace id">
            {single ? (
              <Link
                change={{ view: "span", span: "", trace: traceId, service: "" }}
                navigate={navigate}
                className="mono"
                title="All spans of the trace"
              >
                {traceId}
              </Link>
            ) : (
              <code>{traceId}</code>
            )}{" "}
            <CopyButton text={traceId} what="trace id" />
          </Fact>
        )}
        <Fact label="Profiled">{formatSpanOfTime(start, end)}</Fact>
        <Fact label="Around it">
          <Link change={{ ...around, view: "explore" }} navigate={navigate}>
            whole service
          </Link>
          {" · "}
          <Link change={{ ...around, view: "spans" }} navigate={navigate}>
            other spans
          </Link>
        </Fact>
      </dl>
    </section>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function totalOf(spans: readonly SpanFacts[], type: string): number {
  return spans.reduce((sum, span) => sum + (span.totals.get(type) ?? 0), 0);
}
