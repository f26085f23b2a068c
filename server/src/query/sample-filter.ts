import { parseProfileIds, parseSpanIds, parseTraceIds } from "./id-selectors.ts";
import { invalidArgument } from "./query-error.ts";

/** Ids that samples must belong to, as a request gives them; empty lists ask nothing. */
export interface SampleSelectors {
  readonly spans: readonly string[];
  readonly traces: readonly string[];
  readonly profiles: readonly string[];
}

/** Checked selectors. */
export interface SampleFilter {
  /** Condition on `profiles` in SQL; undefined when nothing is asked. */
  readonly profile: string | undefined;
  /** Which of a profile's samples count; undefined when all do. */
  readonly spans: SpanFilter | undefined;
}

/** The spans whose samples count. */
export interface SpanFilter {
  /** Which column of `profiles`, parallel to `spans`, has the ids. */
  readonly column: "spans" | "traces";
  /** Decimal texts of span ids as `spans` has them, or trace ids as 32 hex digits. */
  readonly ids: ReadonlySet<string>;
  /** SQL for an array of the positions, from 1, at which the column has one of the ids. */
  readonly positions: string;
}

/** Refuses span and trace selectors together. */
export function checkCombination(selectors: SampleSelectors): void {
  if (selectors.spans.length > 0 && selectors.traces.length > 0) {
    throw invalidArgument("span_selector and trace_id_selector cannot be combined");
  }
}

/** Ids that a request may select. */
const MAX_IDS = 1000;

/** Checks the ids of a request; undefined when none of them can match. Throws `invalid_argument`. */
export function sampleFilter(selectors: SampleSelectors): SampleFilter | undefined {
  const { length } = [...selectors.spans, ...selectors.traces, ...selectors.profiles];
  if (length > MAX_IDS)
    throw invalidArgument(`at most ${MAX_IDS} ids can be selected, got ${length}`);
  const spans = parseSpanIds(selectors.spans);
  const traces = parseTraceIds(selectors.traces);
  const profiles = parseProfileIds(selectors.profiles);
  if (selectors.spans.length > 0 && spans.length === 0) return undefined;
  if (selectors.traces.length > 0 && traces.length === 0) return undefined;
  const conditions: string[] = [];
  if (profiles.length > 0) {
    conditions.push(`profile_id IN (${profiles.map((id) => `'${id}'`).join()})`);
  }
  let filter: SpanFilter | undefined;
  const select = (
    column: SpanFilter["column"],
    ids: readonly string[],
    literals: readonly string[],
  ): void => {
    conditions.push(`(${literals.map((id) => `has(${column}, ${id})`).join(" OR ")})`);
    const positions = `arrayFilter((i, id) -> id IN (${literals.join()}), arrayEnumerate(${column}), ${column})`;
    filter = { column, ids: new Set(ids), positions };
  };
  if (spans.length > 0) select("spans", spans, spans);
  if (traces.length > 0) {
    const literals = traces.map((id) => `toFixedString(unhex('${id}'), 16)`);
    select("traces", traces, literals);
  }
  return { profile: conditions.length === 0 ? undefined : conditions.join(" AND "), spans: filter };
}
