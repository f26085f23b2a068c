import { useEffect, useRef, useState } from "react";

/** What is known of an answer. While a new one is loading, `data` is still the one before. */
export interface QueryState<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly loading: boolean;
}

/**
 * Loads whenever `key` changes, which has to name everything that `load` depends on; undefined asks nothing. A
 * request whose answer nobody waits for any more is aborted.
 */
export function useQuery<T>(
  key: string | undefined,
  load: (signal: AbortSignal) => Promise<T>,
): QueryState<T> {
  const [state, setState] = useState<QueryState<T> & { key: string | undefined }>({
    key: undefined,
    data: undefined,
    error: undefined,
    loading: false,
  });
  const latestLoad = useRef(load);
  latestLoad.current = load;
  useEffect(() => {
    if (key === undefined) return;
    const controller = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    latestLoad.current(controller.signal).then(
      (data) => {
        if (!controller.signal.aborted) setState({ key, data, error: undefined, loading: false });
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setState({ key, data: undefined, error, loading: false });
      },
    );
    return () => controller.abort();
  }, [key]);
  if (key === undefined) return { data: undefined, error: undefined, loading: false };
  // Between a new key and its effect the state is still that of the old one.
  return state.key === key ? state : { data: state.data, error: undefined, loading: true };
}
