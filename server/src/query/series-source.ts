import { type QueryScope, statementOptions } from "./query-scope.ts";
import type { SeriesAnswers } from "./series-answers.ts";
import { SeriesByStatement } from "./series-by-statement.ts";
import { dayOf, type SeriesFilter } from "./series-filter.ts";
import { SeriesInMemory, seriesTests } from "./series-in-memory.ts";

/** The series of a filter: from memory where that holds them and can decide the filter, from the engine otherwise. */
export async function seriesOf(scope: QueryScope, filter: SeriesFilter): Promise<SeriesAnswers> {
  const tests = seriesTests(filter);
  if (tests === undefined) return new SeriesByStatement(scope, filter);
  const { tenants, range } = filter;
  // The rows are kept for others too: the end of this request does not end their reading.
  const { signal, ...options } = statementOptions(scope);
  const days = await scope.seriesIndex.days(
    { tenants, first: dayOf(range.startMs), last: dayOf(range.endMs) },
    options,
  );
  signal?.throwIfAborted();
  return days === undefined
    ? new SeriesByStatement(scope, filter)
    : new SeriesInMemory(filter, days, tests, scope);
}
