import { listSpans } from "../api/spans.ts";
import { NoDataYet } from "../explore/no-data-yet.tsx";
import { QueryBar } from "../explore/query-bar.tsx";
import { useServices } from "../explore/use-services.ts";
import { defaultSpanProfileType } from "../profile/profile-type.ts";
import { labelSelector } from "../profile/selector.ts";
import { useQuery } from "../state/use-query.ts";
import { useTitle } from "../state/use-title.ts";
import type { ViewProps } from "../state/view-props.ts";
import { Timeline } from "../timeline/timeline.tsx";
import { ErrorNotice } from "../ui/error-notice.tsx";
import { Loading } from "../ui/loading.tsx";
import { Progress } from "../ui/progress.tsx";
import { NoSpans } from "./no-spans.tsx";
import { SpanList } from "./span-list.tsx";

/** Most spans that are listed. */
const LIMIT = 200;

/** The spans of a service and a time range that have samples, slowest first. */
export function SpansView(props: ViewProps) {
  const { state, navigate, range, refresh, loadedAt } = props;
  const choices = useServices(props, defaultSpanProfileType);
  const query =
    state.service === "" || state.type === ""
      ? undefined
      : { type: state.type, selector: labelSelector(state.service, state.filter), range };
  const spans = useQuery(
    query && `spans ${query.type} ${query.selector} ${range.start} ${range.end} ${loadedAt}`,
    (signal) => listSpans(query!, LIMIT, signal),
  );

  useTitle(state.service === "" ? "Spans" : `Spans of ${state.service}`);
  const error = spans.error ?? choices.query.error;
  const noServices = choices.query.data?.length === 0;
  return (
    <>
      <QueryBar {...props} choices={choices} />
      {query && !error && !noServices && (
        <Timeline
          query={query}
          loadedAt={loadedAt}
          onSelect={({ start, end }) => navigate({ from: String(start), until: String(end) })}
        />
      )}
      {body()}
    </>
  );

  function body() {
    if (error) return <ErrorNotice error={error} retry={refresh} />;
    if (noServices && state.service === "") {
      return <NoDataYet refresh={refresh} />;
    }
    if (!spans.data) return <Loading what="the spans" />;
    if (spans.data.length === 0) return <NoSpans state={state} navigate={navigate} />;
    return (
      <section className="spans" aria-label="Spans" aria-busy={spans.loading}>
        <Progress active={spans.loading} />
        <SpanList
          spans={spans.data}
          full={spans.data.length === LIMIT}
          now={range.end}
          navigate={navigate}
        />
      </section>
    );
  }
}
