import { bigintsOf, numbersOf } from "../store/native-reader.ts";
import { CHEAP_READ, type QueryScope, runStatement } from "./query-scope.ts";
import type { SampleFilter } from "./sample-filter.ts";
import type { Selection } from "./series-selection.ts";
import type { TimeRange } from "./time-range.ts";

/** Rows that together have the samples of a question: conditions in SQL. */
export interface SampleRows {
  readonly profiles: string;
  /** Undefined: those of `profiles` are all. */
  readonly hours: string | undefined;
}

/**
 * The rows to read for a selection. What rounds have added up of the full hours in its range is in `hours`; the rest is
 * in `profiles`: the hours at the edges, days without a round, and what the rounds of open days have not taken yet. A
 * round that ends meanwhile changes nothing: all conditions go by what was so before.
 */
export async function sampleRows(
  scope: QueryScope,
  selection: Selection,
  filter: SampleFilter,
): Promise<SampleRows> {
  const { openDays } = scope;
  const all = { profiles: selection.where, hours: undefined };
  const asksIds = filter.profile !== undefined || filter.spans !== undefined;
  const { startMs, endMs } = selection.range;
  if (openDays === undefined || asksIds || endMs - startMs < MIN_RANGE_MS) return all;
  const { from, to } = fullHours(selection.range);
  // Before the marks are read: one that a closed day has then is of all its profiles.
  const open = new Set<number>();
  for (let day = Math.floor(from / 24); day * 24 < to; day++) if (openDays.has(day)) open.add(day);
  const marks = await marksOf(scope, from, to);
  if (marks.length === 0) return all;
  const days = marks.map(({ day }) => day).join();
  const last = marks.map((mark) => mark.last).join();
  return {
    profiles: [selection.where, ...notTaken(marks, open, from, to)].join(" AND "),
    hours: `${selection.series} AND hour >= ${from} AND hour < ${to} AND upto <= transform(intDiv(hour, 24), [${days}], [${last}], 0)`,
  };
}

/** Statement for partition, stacks and values of rows. */
export function selectSamples({ profiles, hours }: SampleRows): string {
  const select = (table: string, where: string): string =>
    `SELECT partition, stack, value FROM ${table} WHERE ${where}`;
  const fromProfiles = select("profiles", profiles);
  return hours === undefined ? fromProfiles : `${fromProfiles} UNION ALL ${select("hours", hours)}`;
}

/** Below, `profiles` answer as quickly (`npm run bench -- roll-ups`). */
const MIN_RANGE_MS = 3 * 3_600_000;

/** The hours, counted from 1970, that lie in a range with their last nanosecond; `to` is the one after them. */
function fullHours({ startMs, endMs }: TimeRange): { readonly from: number; readonly to: number } {
  // The end is a full millisecond: of the last one of an hour all nanoseconds but the first are outside.
  return {
    from: Math.max(0, Math.ceil(startMs / 3_600_000)),
    to: Math.max(0, Math.floor(endMs / 3_600_000)),
  };
}

/** A day and the last ordinal of its last round. */
interface Mark {
  readonly day: number;
  readonly last: bigint;
}

/** The marks of the days of some hours, by day. */
async function marksOf(scope: QueryScope, from: number, to: number): Promise<Mark[]> {
  const result = await runStatement(
    scope,
    `SELECT toUInt32(intDiv(hour, 24)) AS day, max(upto) AS last FROM hours
     WHERE dataset = 0 AND hour >= ${from - (from % 24)} AND hour < ${to} GROUP BY day ORDER BY day SETTINGS ${CHEAP_READ}`,
  );
  const last = bigintsOf(result, "last");
  return Array.from(numbersOf(result, "day"), (day, row) => ({ day, last: last[row]! }));
}

/**
 * Conditions on `profiles` that leave out what rounds took of some hours: of closed days, in stretches, all; of open
 * ones what is up to the mark.
 */
function notTaken(
  marks: readonly Mark[],
  open: ReadonlySet<number>,
  from: number,
  to: number,
): string[] {
  const outside = (first: number, end: number): string =>
    `time < ${nanosOf(Math.max(from, first * 24))} OR time >= ${nanosOf(Math.min(to, end * 24))}`;
  const conditions: string[] = [];
  for (let i = 0; i < marks.length; i++) {
    const { day, last } = marks[i]!;
    if (open.has(day)) {
      conditions.push(`(${outside(day, day + 1)} OR profile > ${last})`);
      continue;
    }
    let end = day + 1;
    for (; marks[i + 1]?.day === end && !open.has(end); end++) i++;
    conditions.push(`(${outside(day, end)})`);
  }
  return conditions;
}

function nanosOf(hour: number): bigint {
  return BigInt(hour) * 3_600_000_000_000n;
}
