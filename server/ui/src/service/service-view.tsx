import type { ReactNode } from "react";
import type { ProfileQuery } from "../api/querier.ts";
import { labelSelector } from "../profile/selector.ts";
import { useQuery } from "../state/use-query.ts";
import type { ViewProps } from "../state/view-props.ts";
import { Timeline } from "../timeline/timeline.tsx";
import { ErrorNotice } from "../ui/error-notice.tsx";
import { Loading } from "../ui/loading.tsx";
import { NoDataYet } from "./no-data-yet.tsx";
import { NoSamples } from "./no-samples.tsx";
import { QueryBar } from "./query-bar.tsx";
import { useServices } from "./use-services.ts";

/** What a view of a service adds to {@link ServiceView}. */
export interface ServiceViewParts<T> {
  readonly view: ViewProps;
  /** The profile type to show when the address names none. */
  readonly defaultType: (ids: readonly string[]) => string | undefined;
  /** What is loaded, in words: "the profile". */
  readonly what: string;
  readonly load: (query: ProfileQuery, signal: AbortSignal) => Promise<T>;
  /**
   * Shows what was loaded; `loading` while a newer answer is on its way. `types` are the profile types that the service
   * has in the time range, once they are known.
   */
  readonly children: (data: T, loading: boolean, types: readonly string[] | undefined) => ReactNode;
}

/**
 * What all views of one service and time range have in common: the choices, the time line, and what there is to see
 * while nothing is loaded, stored or answered.
 */
export function ServiceView<T>({ view, defaultType, what, load, children }: ServiceViewParts<T>) {
  const { state, navigate, range, refresh, loadedAt } = view;
  const choices = useServices(view, defaultType);
  const query: ProfileQuery | undefined =
    state.service === "" || state.type === ""
      ? undefined
      : { type: state.type, selector: labelSelector(state.service, state.filter), range };
  const answer = useQuery(
    query && `${query.type} ${query.selector} ${range.start} ${range.end} ${loadedAt}`,
    (signal) => load(query!, signal),
  );

  const error = answer.error ?? choices.query.error;
  const noServices = choices.query.data?.length === 0;
  const nothingToChoose =
    state.service !== "" && !query && !choices.query.loading && choices.types.length === 0;
  return (
    <>
      <QueryBar {...view} choices={choices} />
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
    if (nothingToChoose) {
      return <NoSamples state={state} navigate={navigate} types={choices.types} />;
    }
    if (answer.data === undefined) return <Loading what={what} />;
    return children(answer.data, answer.loading, choices.query.data && choices.types);
  }
}
