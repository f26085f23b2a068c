import { goQuote } from "../go-quote.ts";
import type { TenantLimits } from "../limits.ts";
import type { Engine, StatementOptions } from "../store/engine.ts";
import { decodeNative, type NativeResult } from "../store/native-reader.ts";
import type { OpenDays } from "../store/open-days.ts";
import { type LabelMatcher, parseLabelSelector, SelectorError } from "./label-selector.ts";
import { invalidArgument, QueryError, TIMED_OUT } from "./query-error.ts";
import type { SeriesIndex } from "./series-index.ts";
import { runSliced, type Steps } from "./sliced.ts";
import { queryRange, type TimeRange } from "./time-range.ts";

/** What a request runs with: whose data, under which limits, until when. */
export interface QueryScope {
  readonly engine: Engine;
  readonly seriesIndex: SeriesIndex;
  /** Sorted, never empty. The answer is about all of them together. */
  readonly tenants: readonly string[];
  readonly limits: TenantLimits;
  /** Ends with the request. */
  readonly signal: AbortSignal;
  /** When the time of the whole query is up, on the clock of `performance.now()`; infinite without a limit. */
  readonly deadlineMs: number;
  readonly nowMs: number;
  /** See {@link QueryServiceOptions.openDays}. */
  readonly openDays: OpenDays | undefined;
}

/** What the services of this folder are made of. */
export interface QueryServiceOptions {
  readonly engine: Engine;
  /** The limits that hold for all of several tenants. */
  readonly limitsOf: (tenants: readonly string[]) => TenantLimits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Which days have profiles that are in no sums by hour; undefined: these sums are not used. */
  readonly openDays?: OpenDays | undefined;
}

/** How statements of this request run: each gets what is left of the query's time when it starts. */
export function statementOptions(scope: QueryScope): StatementOptions {
  const { queryMemoryBytes } = scope.limits;
  const options = {
    signal: scope.signal,
    queue: scope.tenants.join("|"),
    ...(queryMemoryBytes > 0 && { maxMemoryBytes: queryMemoryBytes }),
  };
  if (scope.deadlineMs === Infinity) return options;
  return {
    ...options,
    get timeoutMs(): number {
      // 0 would be no limit.
      return Math.max(1, scope.deadlineMs - performance.now());
    },
  };
}

/** Runs a statement for this request. */
export async function runStatement(scope: QueryScope, sql: string): Promise<NativeResult> {
  return decodeNative(await scope.engine.query(sql, statementOptions(scope)));
}

/** Runs a computation of this request in slices, as long as the query may take. */
export async function runForQuery<T>(scope: QueryScope, steps: Steps<T>): Promise<T> {
  return await runSliced(steps, () => {
    scope.signal.throwIfAborted();
    if (performance.now() > scope.deadlineMs) throw new QueryError("deadline_exceeded", TIMED_OUT);
  });
}

/**
 * Settings of statements that read few rows of a table, for which planning costs more than reading: 5.8 -> 3.7 ms of
 * CPU for the rows of a time line. What they turn off pays where much is read.
 */
export const CHEAP_READ = "max_threads = 1, enable_analyzer = 0, optimize_move_to_prewhere = 0";

/**
 * The same for statements that look for ids: with PREWHERE the other columns are read only where an id was found, which
 * takes a fifth off the search for a span in all services.
 */
export const CHEAP_SEARCH = "max_threads = 1, enable_analyzer = 0";

/** Ids of 64 bits in a statement, of which the engine takes 1 MiB (`EmbeddedEngine.prepareReaders`). */
const IDS_PER_STATEMENT = 5000;

/** Lists of ids short enough for a statement each. */
export function idLists(ids: readonly string[]): string[][] {
  const lists: string[][] = [];
  for (let from = 0; from < ids.length; from += IDS_PER_STATEMENT) {
    lists.push(ids.slice(from, from + IDS_PER_STATEMENT));
  }
  return lists;
}

/** The time range of a request, see {@link queryRange}. */
export function scopeRange(scope: QueryScope, start: bigint, end: bigint): TimeRange | undefined {
  return queryRange(start, end, scope.limits, scope.nowMs);
}

/** Bytes of text from a request that go into a statement: several times, and the engine takes 1 MiB. */
const MAX_TEXT_BYTES = 32_768;

/** Refuses texts (label names, selectors) that together are too long for a statement. */
export function checkTextLength(texts: readonly string[], what: string): void {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > MAX_TEXT_BYTES) {
    throw invalidArgument(`${what} must not be longer than ${MAX_TEXT_BYTES} bytes, got ${bytes}`);
  }
}

/** Parses the `label_selector` of a request; refusals say what stood there. */
export function requestSelector(text: string): readonly LabelMatcher[] {
  checkTextLength([text], "label selector");
  return withPrefix(text, `parsing label selector ${goQuote(text)}`);
}

/**
 * Parses the `matchers` of a request, all of which must hold. An empty text is no matcher: Grafana sends that.
 * `prefix` leads the refusals.
 */
export function requestMatchers(texts: readonly string[], prefix: string): readonly LabelMatcher[] {
  checkTextLength(texts, "matchers");
  return texts
    .filter((text) => text !== "")
    .flatMap((text) =>
      withPrefix(text, `${prefix}failed to parse label selector ${goQuote(text)}`),
    );
}

function withPrefix(text: string, prefix: string): readonly LabelMatcher[] {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    throw invalidArgument(`${prefix}: ${error.message}`);
  }
}
