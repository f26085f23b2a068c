import { bigintsOf, type NativeResult, numbersOf, textsOf } from "../store/native-reader.ts";
import { type QueryScope, runStatement } from "./query-scope.ts";
import type { SeriesAnswers } from "./series-answers.ts";
import type { SeriesFilter } from "./series-filter.ts";
import { selectProfiles } from "./series-selection.ts";
import { seriesOf } from "./series-source.ts";

/** The samples of one span in one service and of one profile type, added up. */
export interface SpanData {
  /** 16 hex digits. */
  readonly spanId: string;
  /** 32 hex digits, or empty. */
  readonly traceId: string;
  /** Empty when the profiles do not tell. */
  readonly spanName: string;
  readonly serviceName: string;
  readonly profileType: string;
  /** Time of the first and the last profile with samples of the span, in milliseconds since 1970. */
  readonly firstTimeMs: number;
  readonly lastTimeMs: number;
  readonly total: bigint;
  readonly profiles: number;
}

/** Spans with samples in the filtered series, largest total first. */
export async function listSpans(
  scope: QueryScope,
  filter: SeriesFilter,
  limit: number,
): Promise<readonly SpanData[]> {
  const series = await seriesOf(scope, filter);
  const selection = await selectProfiles(series);
  if (selection === undefined) return [];
  const rows = await runStatement(
    scope,
    spansStatement(`${selection.where} AND notEmpty(spans)`, "1", limit),
  );
  return await named(series, rows);
}

/**
 * Everything that is known of a span, or of the spans of a trace, in whatever service; ids as `parseSpanIds` and
 * `parseTraceIds` give them.
 */
export async function findSpans(
  scope: QueryScope,
  id: { readonly span: string } | { readonly trace: string },
  limit: number,
): Promise<readonly SpanData[]> {
  const { maxQueryLookbackMs } = scope.limits;
  const filter: SeriesFilter = {
    tenants: scope.tenants,
    range: {
      startMs: maxQueryLookbackMs > 0 ? scope.nowMs - maxQueryLookbackMs : 0,
      // Clocks of profiled processes may be ahead; profiles up to a day ahead can be stored.
      endMs: scope.nowMs + 86_400_000,
    },
    matchers: [],
  };
  const series = await seriesOf(scope, filter);
  const selection = await selectProfiles(series);
  if (selection === undefined) return [];
  // An id is found by the skip indexes of `profiles`, wherever it is.
  const column = "span" in id ? "span" : "trace";
  const value = "span" in id ? id.span : `toFixedString(unhex('${id.trace}'), 16)`;
  const where = `${selection.where} AND has(${column}s, ${value})`;
  const sql = spansStatement(where, `${column} = ${value}`, limit);
  return await named(series, await runStatement(scope, sql));
}

/** Sums by span and dataset. Samples that have a trace but no span are no span. */
function spansStatement(where: string, one: string, limit: number): string {
  return `SELECT span, dataset, lower(hex(reinterpretAsFixedString(span))) AS id,
      lower(hex(max(trace))) AS trace_id, argMax(series, value) AS best,
      toFloat64(intDiv(min(time), 1000000)) AS first, toFloat64(intDiv(max(time), 1000000)) AS last,
      toInt64(least(sum(toInt128(value)), 9223372036854775807)) AS total, toUInt32(uniqExact(profile)) AS profiles
    FROM (
      SELECT dataset, series, time, profile, spans[i] AS span, traces[i] AS trace, span_totals[i] AS value
      FROM profiles ARRAY JOIN arrayEnumerate(spans) AS i WHERE ${where})
    WHERE span != 0 AND ${one}
    GROUP BY span, dataset ORDER BY total DESC, span LIMIT ${limit}`;
}

/** Adds what the labels of the series tell. */
async function named(series: SeriesAnswers, rows: NativeResult): Promise<SpanData[]> {
  if (rows.rows === 0) return [];
  const best = bigintsOf(rows, "best");
  const labels = await series.labelsOf(new Set<bigint>(best));
  const ids = textsOf(rows, "id");
  const traces = textsOf(rows, "trace_id");
  const first = numbersOf(rows, "first");
  const last = numbersOf(rows, "last");
  const totals = bigintsOf(rows, "total");
  const profiles = numbersOf(rows, "profiles");
  return ids.map((spanId, row) => {
    const of = labels.get(best[row]!);
    return {
      spanId,
      traceId: /^0*$/.test(traces[row]!) ? "" : traces[row]!,
      spanName: of?.values[of.names.indexOf("span_name")] ?? "",
      serviceName: of?.service ?? "",
      profileType: of?.profileType ?? "",
      firstTimeMs: first[row]!,
      lastTimeMs: last[row]!,
      total: totals[row]!,
      profiles: profiles[row]!,
    };
  });
}
