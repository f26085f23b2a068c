import { useEffect, useMemo } from "react";
import { listServices, type ServiceProfileType } from "../api/querier.ts";
import { type QueryState, useQuery } from "../state/use-query.ts";
import type { ViewProps } from "../state/view-props.ts";

/** The services of a time range, and the profile types of the one that is chosen. */
export interface Services {
  readonly query: QueryState<readonly ServiceProfileType[]>;
  readonly services: readonly string[];
  readonly types: readonly string[];
  /** The chosen profile type if a service has it, else empty: that of another is not looked for. */
  readonly typeIn: (service: string) => string;
}

/**
 * Loads what can be chosen. Where the address leaves a choice open, the first service and the profile type that
 * `defaultType` picks are put into it, so that the address always says what is shown. What the address does say stays,
 * with or without data: a link shows the same.
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
  const typeIn = (service: string) =>
    (data ?? []).some((each) => each.service === service && each.type === state.type)
      ? state.type
      : "";
  const firstService = services.find((each) => typeIn(each) !== "") ?? services[0];
  const service = state.service || firstService || "";
  const type = state.type || defaultType(types) || "";
  useEffect(() => {
    if (query.loading) return;
    if (service !== state.service) navigate({ service }, "replace");
    else if (type !== state.type) navigate({ type }, "replace");
  }, [query.loading, service, type, state.service, state.type, navigate]);
  return { query, services, types, typeIn };
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
