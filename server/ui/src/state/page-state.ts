/**
 * Everything that decides what the page shows, as it stands in the address. Empty texts mean "not chosen".
 * See the README for the address's parameters.
 */
export interface PageState {
  readonly view: View;
  readonly service: string;
  /** Profile type id. */
  readonly type: string;
  /** More label matchers, for instance `span_name="GET /cart"`. */
  readonly filter: string;
  /** See `parseTime`. */
  readonly from: string;
  readonly until: string;
  /** 16 hex characters. */
  readonly span: string;
  /** 32 hex characters. */
  readonly trace: string;
  /** Zoomed frame, see `zoomKey`. */
  readonly zoom: string;
  /** Search text. */
  readonly search: string;
  /** See `parseSort`. */
  readonly sort: string;
}

/** The three views. `span` is the one with a span or a trace in it. */
export type View = "explore" | "spans" | "span";

/** What an address without parameters shows. */
export const initialState: PageState = {
  view: "explore",
  service: "",
  type: "",
  filter: "",
  from: "now-1h",
  until: "now",
  span: "",
  trace: "",
  zoom: "",
  search: "",
  sort: "",
};

/** Names of the parameters, in the order they are written. */
const PARAMETERS = [
  ["span", "span"],
  ["trace", "trace"],
  ["service", "service"],
  ["type", "type"],
  ["filter", "filter"],
  ["from", "from"],
  ["until", "until"],
  ["q", "search"],
  ["zoom", "zoom"],
  ["sort", "sort"],
] as const;

/** Reads the query of an address, for instance `?span=00f067aa0ba902b7`. A span or trace id is enough for its view. */
export function parseState(query: string): PageState {
  const parameters = new URLSearchParams(query);
  const state: Record<string, string> = { ...initialState };
  for (const [parameter, field] of PARAMETERS) {
    const value = parameters.get(parameter);
    if (value) state[field] = value;
  }
  state.span = state.span!.toLowerCase();
  state.trace = state.trace!.toLowerCase();
  const view = parameters.get("view");
  // A span view without an id could only be the list of spans.
  const list = view === "spans" || view === "span" ? "spans" : "explore";
  state.view = state.span || state.trace ? "span" : list;
  return state as unknown as PageState;
}

/** Writes the query that {@link parseState} reads, `""` for the initial state. Defaults are left out. */
export function formatState(state: PageState): string {
  const parts: string[] = [];
  if (state.view === "spans") parts.push(`view=${state.view}`);
  for (const [parameter, field] of PARAMETERS) {
    const value = state[field];
    if (value !== initialState[field]) parts.push(`${parameter}=${escapeValue(value)}`);
  }
  return parts.length > 0 ? `?${parts.join("&")}` : "";
}

/**
 * The state after a change. What belonged to the profile shown before does not outlive it: the zoom goes with any
 * change of what is asked, the span and the trace with a change of the view.
 */
export function changeState(state: PageState, change: Partial<PageState>): PageState {
  const next = { ...state, ...change };
  if (next.view !== "span") {
    next.span = "";
    next.trace = "";
  }
  const same = PROFILE_FIELDS.every((field) => next[field] === state[field]);
  if (!same && change.zoom === undefined) next.zoom = "";
  return next;
}

const PROFILE_FIELDS = [
  "view",
  "service",
  "type",
  "filter",
  "from",
  "until",
  "span",
  "trace",
] as const;

/** Colons, commas, slashes and equals signs stay readable: inside a value they have no meaning of their own. */
function escapeValue(value: string): string {
  return encodeURIComponent(value).replace(/%(3A|2C|2F|3D)/g, (code) => decodeURIComponent(code));
}
