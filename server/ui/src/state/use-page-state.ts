import { useSyncExternalStore } from "react";
import { changeState, formatState, type PageState, parseState } from "./page-state.ts";

/**
 * Changes the address. `push` (the default) makes an entry that "back" returns from; `replace` is for what nobody
 * would want to go back to: typing, and choices the page made itself.
 */
export type Navigate = (change: Partial<PageState>, how?: "push" | "replace") => void;

/** The state in the address, kept up to date with it, and the way to change it. */
export function usePageState(): readonly [PageState, Navigate] {
  return [useSyncExternalStore(subscribe, currentState), navigate];
}

/** The state as of now. While something is typed it is a moment ahead of the address bar. */
export function currentState(): PageState {
  return current.state;
}

/** Browsers refuse an address that is rewritten more than a few times a second. */
const REPLACE_DELAY_MS = 200;

const listeners = new Set<() => void>();
let current = read();
let replacing: ReturnType<typeof setTimeout> | undefined;

function read() {
  const query = typeof location === "undefined" ? "" : location.search;
  return { query, state: parseState(query) };
}

function navigate(change: Partial<PageState>, how: "push" | "replace" = "push"): void {
  const state = changeState(current.state, change);
  const query = formatState(state);
  if (query === current.query) return;
  if (how === "push") {
    replaceNow();
    history.pushState(null, "", `/${query}`);
  } else {
    replacing ??= setTimeout(replaceNow, REPLACE_DELAY_MS);
  }
  current = { query, state };
  for (const listener of listeners) listener();
}

/** Writes to the address bar what {@link navigate} has put off. */
function replaceNow(): void {
  if (replacing === undefined) return;
  clearTimeout(replacing);
  replacing = undefined;
  history.replaceState(null, "", `/${current.query}`);
}

function onPopState(): void {
  clearTimeout(replacing);
  replacing = undefined;
  current = read();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener("popstate", onPopState);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("popstate", onPopState);
  };
}
