import { useEffect, useMemo } from "react";
import { listServices, type ServiceProfileType } from "../api/querier.ts";
import { type QueryState, useQuery } from "../state/use-query.ts";
import type { ViewProps } from "../state/view-props.ts";

/** The services of a time range, and the profile types of the one that is chosen. */
export interface Services {
  readonly query: QueryState<readonly ServiceProfileType[]>;
  readonly services: readonly string[];
  readonly types: readonly string[];
}

/**
 * Loads what can be chosen. Where the address leaves a choice open, the first service and the profile type that `defaultType`
 * picks are put into it, so that the address always says what is shown.
 */
export function useServices(
  { state, navigate, range, loadedAt }: ViewProps,
  defaultType: (ids: readonly string[]) => string | undefined,
): Services {
  const query = useQuery(`services ${range.start} ${range.end} ${loadedAt}`, (signal) =>
    listServices(range, signal),
  );
  const { data } = query;
  const services = useMemo(() => unique((data ?? []).map((each) => each.service)), [data]);
  const types = useMemo(
    () =>
      unique(
        (data ?? []).filter((each) => each.service === state.service).map((each) => each.type),
      ),
    [data, state.service],
  );
  const service = state.service || services[0] || "";
  const type = types.includes(state.type) ? state.type : (defaultType(types) ?? state.type);
  useEffect(() => {
    if (query.loading) return;
    if (service !== state.service) navigate({ service }, "replace");
    else if (type !== state.type) navigate({ type }, "replace");
  }, [query.loading, service, type, state.service, state.type, navigate]);
  return { query, services, types };
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
