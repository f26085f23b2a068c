import type { SpanSummary } from "../api/spans.ts";
import { formatAge, formatMoment } from "../format/time.ts";
import { formatCount, formatValue } from "../format/value.ts";
import { parseProfileType, profileTypeLabel } from "../profile/profile-type.ts";
import type { Navigate } from "../state/use-page-state.ts";
import { Link } from "../ui/link.tsx";

/** Spans as a table, in the order given. Each leads to its flame graph. */
export function SpanList(props: {
  readonly spans: readonly SpanSummary[];
  /** There may be more spans than are listed. */
  readonly full: boolean;
  /** Moment that ages are counted from, in milliseconds. */
  readonly now: number;
  readonly navigate: Navigate;
}) {
  const { spans, full, now, navigate } = props;
  const most = Math.max(1, ...spans.map((span) => span.total));
  return (
    <div className="span-list">
      <table>
        <thead>
          <tr>
            <th scope="col" className="number">
              {profileTypeLabel(spans[0]!.type)}
            </th>
            <th scope="col">Span</th>
            <th scope="col">Span id</th>
            <th scope="col">Trace id</th>
            <th scope="col" className="number">
              Profiles
            </th>
            <th scope="col">Last seen</th>
          </tr>
        </thead>
        <tbody>
          {spans.map((span) => (
            <tr key={`${span.spanId} ${span.service}`}>
              <td className="number span-total">
                <span className="share" style={{ width: `${(100 * span.total) / most}%` }} />
                <span>{formatValue(span.total, parseProfileType(span.type).sampleUnit)}</span>
              </td>
              <td className="span-name">
                <SpanLink span={span} navigate={navigate}>
                  {span.name || "(no name)"}
                </SpanLink>
              </td>
              <td className="mono">
                <SpanLink span={span} navigate={navigate}>
                  {span.spanId}
                </SpanLink>
              </td>
              <td className="mono">
                {span.traceId && (
                  <Link
                    change={{
                      view: "span",
                      span: "",
                      trace: span.traceId,
                      service: "",
                      search: "",
                    }}
                    navigate={navigate}
                  >
                    {span.traceId}
                  </Link>
                )}
              </td>
              <td className="number">{formatCount(span.profiles)}</td>
              <td title={formatMoment(span.lastTime)}>{formatAge(span.lastTime, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="span-list-end">
        {full
          ? `The slowest ${formatCount(spans.length)} spans`
          : `${formatCount(spans.length)} spans`}{" "}
        with samples of this type, slowest first.
      </p>
    </div>
  );
}

function SpanLink(props: { span: SpanSummary; navigate: Navigate; children: string }) {
  const { span, navigate, children } = props;
  const change = {
    view: "span",
    span: span.spanId,
    trace: "",
    service: span.service,
    type: span.type,
    filter: "",
    search: "",
  } as const;
  return (
    <Link change={change} navigate={navigate}>
      {children}
    </Link>
  );
}
