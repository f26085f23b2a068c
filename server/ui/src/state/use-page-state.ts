import { useCallback, useSyncExternalStore } from "react";
import { changeState, formatState, type PageState, parseState } from "./page-state.ts";

/**
 * Changes the address. `push` (the default) makes an entry that "back" returns from; `replace` is for what nobody
 * would want to go back to: typing, and choices the page made itself.
 */
export type Navigate = (change: Partial<PageState>, how?: "push" | "replace") => void;

/** The state in the address, kept up to date with it, and the way to change it. */
export function usePageState(): readonly [PageState, Navigate] {
  const query = useSyncExternalStore(subscribe, () => location.search);
  const navigate = useCallback<Navigate>((change, how = "push") => {
    const next = formatState(changeState(parseState(location.search), change));
    if (next === location.search) return;
    const url = `/${next}`;
    if (how === "push") history.pushState(null, "", url);
    else history.replaceState(null, "", url);
    for (const listener of listeners) listener();
  }, []);
  return [stateOf(query), navigate];
}

const listeners = new Set<() => void>();
let last = { query: "", state: parseState("") };

/** The same object for the same address, so that it can be depended on. */
function stateOf(query: string): PageState {
  if (last.query !== query) last = { query, state: parseState(query) };
  return last.state;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}
