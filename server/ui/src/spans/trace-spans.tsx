import { formatValue } from "../format/value.ts";
import { parseProfileType } from "../profile/profile-type.ts";
import type { Navigate } from "../state/use-page-state.ts";
import { Link } from "../ui/link.tsx";
import { type SpanFacts, slowestFirst } from "./span-facts.ts";

/** The spans of a trace that have samples, slowest first, and the trace as a whole. The chosen one's profile is shown. */
export function TraceSpans(props: {
  readonly spans: readonly SpanFacts[];
  readonly type: string;
  /** Span id; empty for the whole trace. */
  readonly selected: string;
  readonly trace: string;
  readonly navigate: Navigate;
}) {
  const { spans, type, selected, trace, navigate } = props;
  const unit = parseProfileType(type).sampleUnit;
  const whole = spans.reduce((sum, span) => sum + (span.totals.get(type) ?? 0), 0);
  const rows = [
    { id: "", name: "Whole trace", service: "", value: whole },
    ...slowestFirst(spans, type).map((span) => ({
      id: span.spanId,
      name: span.name || "(no name)",
      service: span.services.join(", "),
      value: span.totals.get(type) ?? 0,
    })),
  ];
  return (
    <nav className="trace-spans" aria-label="Spans of the trace">
      <ul>
        {rows.map((row) => (
          <li key={row.id}>
            <Link
              change={{ view: "span", span: row.id, trace }}
              navigate={navigate}
              current={row.id === selected}
            >
              <span
                className="share"
                style={{ width: `${whole > 0 ? (100 * row.value) / whole : 0}%` }}
              />
              <span className="trace-span-value">{formatValue(row.value, unit)}</span>
              <span className="trace-span-name">{row.name}</span>
              <span className="trace-span-service">{row.service}</span>
              <span className="mono trace-span-id">{row.id}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
