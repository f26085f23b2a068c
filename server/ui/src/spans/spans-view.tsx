import { listSpans } from "../api/spans.ts";
import { defaultSpanProfileType } from "../profile/profile-type.ts";
import { ServiceView } from "../service/service-view.tsx";
import { useTitle } from "../state/use-title.ts";
import type { ViewProps } from "../state/view-props.ts";
import { Progress } from "../ui/progress.tsx";
import { NoSpans } from "./no-spans.tsx";
import { SpanList } from "./span-list.tsx";

/** Most spans that are listed. */
const LIMIT = 200;

/** The spans of a service and a time range that have samples, slowest first. */
export function SpansView(props: ViewProps) {
  const { state, navigate, loadedAt } = props;
  useTitle(state.service === "" ? "Spans" : `Spans of ${state.service}`);
  return (
    <ServiceView
      view={props}
      defaultType={defaultSpanProfileType}
      what="the spans"
      load={(query, signal) => listSpans(query, LIMIT, signal)}
    >
      {(spans, loading, types) =>
        spans.length === 0 ? (
          <NoSpans state={state} navigate={navigate} types={types} />
        ) : (
          <section className="spans" aria-label="Spans" aria-busy={loading}>
            <Progress active={loading} />
            <SpanList
              spans={spans}
              full={spans.length === LIMIT}
              now={loadedAt}
              navigate={navigate}
            />
          </section>
        )
      }
    </ServiceView>
  );
}
