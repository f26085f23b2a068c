import { selectFlameGraph } from "../api/querier.ts";
import { isEmpty } from "../flame/frame-table.ts";
import { ProfilePanel } from "../profile/profile-panel.tsx";
import { defaultProfileType, parseProfileType } from "../profile/profile-type.ts";
import { labelSelector } from "../profile/selector.ts";
import { useQuery } from "../state/use-query.ts";
import { useTitle } from "../state/use-title.ts";
import type { ViewProps } from "../state/view-props.ts";
import { Timeline } from "../timeline/timeline.tsx";
import { ErrorNotice } from "../ui/error-notice.tsx";
import { Loading } from "../ui/loading.tsx";
import { NoDataYet } from "./no-data-yet.tsx";
import { NoSamples } from "./no-samples.tsx";
import { QueryBar } from "./query-bar.tsx";
import { useServices } from "./use-services.ts";

/** One profile type of one service over a time range: its time line, flame graph and functions. */
export function ExploreView(props: ViewProps) {
  const { state, navigate, range, refresh, loadedAt } = props;
  const choices = useServices(props, defaultProfileType);
  const query =
    state.service === "" || state.type === ""
      ? undefined
      : { type: state.type, selector: labelSelector(state.service, state.filter), range };
  const profile = useQuery(
    query && `flame ${query.type} ${query.selector} ${range.start} ${range.end} ${loadedAt}`,
    async (signal) => ({ type: query!.type, table: await selectFlameGraph(query!, signal) }),
  );

  useTitle(state.service);
  const error = profile.error ?? choices.query.error;
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
    if (noServices && state.service === "") return <NoDataYet refresh={refresh} />;
    if (!profile.data) return <Loading what="the profile" />;
    if (isEmpty(profile.data.table)) return <NoSamples state={state} navigate={navigate} />;
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
