import { bigintsOf, type NativeResult, numbersOf } from "../store/native-reader.ts";
import { parseProfileIds, parseSpanIds, parseTraceIds } from "./id-selectors.ts";
import type { PartitionValues } from "./merge-frames.ts";
import { invalidArgument } from "./query-error.ts";
import { type QueryScope, runStatement, statementOptions } from "./query-scope.ts";
import type { Selection } from "./series-selection.ts";
import type { SymbolCache } from "./symbol-cache.ts";

/** Ids that samples must belong to, as a request gives them; empty lists ask nothing. */
export interface SampleSelectors {
  readonly spans: readonly string[];
  readonly traces: readonly string[];
  readonly profiles: readonly string[];
}

/** Checked selectors: a condition on `profiles` and the positions of the spans in a row; undefined matches nothing. */
export interface SampleFilter {
  readonly profile: string | undefined;
  /** SQL for an array of positions, from 1, in `spans`; undefined when samples of any span count. */
  readonly positions: string | undefined;
}

/** Values of the stacks of one partition, with its id. */
export interface IdentifiedValues extends PartitionValues {
  readonly partition: string;
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
  let positions: string | undefined;
  if (profiles.length > 0) {
    conditions.push(`profile_id IN (${profiles.map((id) => `'${id}'`).join()})`);
  }
  if (spans.length > 0) {
    conditions.push(hasAny("spans", spans));
    positions = `arrayFilter((i, id) -> id IN (${spans.join()}), arrayEnumerate(spans), spans)`;
  }
  if (traces.length > 0) {
    const literals = traces.map((id) => `toFixedString(unhex('${id}'), 16)`);
    conditions.push(hasAny("traces", literals));
    positions = `arrayFilter((i, id) -> id IN (${literals.join()}), arrayEnumerate(traces), traces)`;
  }
  return { profile: conditions.length === 0 ? undefined : conditions.join(" AND "), positions };
}

/**
 * Values of the selected samples by stack, with the symbols to read them: sums for each stack, or a stack several
 * times. Sums beyond int64 are saturated.
 */
export async function stackValues(
  scope: QueryScope,
  symbols: SymbolCache,
  selection: Selection,
  filter: SampleFilter,
): Promise<readonly IdentifiedValues[]> {
  const result = await readValues(scope, selection, filter);
  if (result.rows === 0) return [];
  const stacks = result.columns.get("stacks");
  const values = result.columns.get("values");
  if (
    stacks?.kind !== "list" ||
    !(stacks.items.kind === "number" && stacks.items.values instanceof Uint32Array) ||
    values?.kind !== "list" ||
    !(values.items.kind === "bigint" && values.items.values instanceof BigInt64Array)
  ) {
    throw new Error("stacks and values are no lists of UInt32 and Int64");
  }
  // Rows of one partition are neighbours, and so are their items.
  const partitions = bigintsOf(result, "partition");
  const last = numbersOf(result, "last");
  const needed = new Map<string, number>();
  const parts: Omit<IdentifiedValues, "frames">[] = [];
  for (let row = 0; row < result.rows; ) {
    let end = row + 1;
    let largest = last[row]!;
    for (; end < result.rows && partitions[end] === partitions[row]; end++) {
      largest = Math.max(largest, last[end]!);
    }
    const partition = String(partitions[row]);
    needed.set(partition, largest);
    parts.push({
      partition,
      stacks: stacks.items.values.subarray(stacks.start[row], stacks.start[end]),
      values: values.items.values.subarray(values.start[row], values.start[end]),
    });
    row = end;
  }
  const frames = await symbols.frames(needed, statementOptions(scope));
  return parts.map((part) => ({ ...part, frames: frames.get(part.partition)! }));
}

/** Lists `stacks` and `values` by partition, with the `last` stack of each row. */
async function readValues(
  scope: QueryScope,
  selection: Selection,
  filter: SampleFilter,
): Promise<NativeResult> {
  if (filter.profile !== undefined) {
    const few = await readFew(scope, `${selection.where} AND ${filter.profile}`, filter.positions);
    if (few !== undefined) return few;
  }
  return await sumsByStack(scope, selection, filter);
}

/**
 * The selected samples as they are, which takes 9 ms of CPU where adding them up in the engine takes 12: a span has few.
 * Undefined when they come from too many profiles to be sure of that.
 */
async function readFew(
  scope: QueryScope,
  where: string,
  positions: string | undefined,
): Promise<NativeResult | undefined> {
  const wanted = (column: string): string =>
    positions === undefined ? column : `arrayFilter((x, s) -> has(wanted, s), ${column}, span)`;
  const result = await runStatement(
    scope,
    `SELECT partition, ${wanted("stack")} AS stacks, ${wanted("value")} AS values, arrayMax(stacks) AS last
     FROM (SELECT partition, stack, value, span, ${positions ?? "[]"} AS wanted FROM profiles WHERE ${where} LIMIT ${FEW_PROFILES + 1})
     ORDER BY partition`,
  );
  return result.rows > FEW_PROFILES ? undefined : result;
}

const FEW_PROFILES = 200;

async function sumsByStack(
  scope: QueryScope,
  selection: Selection,
  filter: SampleFilter,
): Promise<NativeResult> {
  const where =
    filter.profile === undefined ? selection.where : `${selection.where} AND ${filter.profile}`;
  const samples =
    filter.positions === undefined
      ? `(SELECT partition, stack, value FROM profiles WHERE ${where}) ARRAY JOIN stack, value`
      : `(SELECT partition, stack, value, span, ${filter.positions} AS wanted FROM profiles WHERE ${where})
         ARRAY JOIN stack, value, span WHERE has(wanted, span)`;
  const statement = (sum: string): string =>
    `SELECT partition, groupArray(stack) AS stacks, groupArray(sum) AS values, max(stack) AS last FROM
       (SELECT partition, stack, ${sum} AS sum FROM ${samples} GROUP BY partition, stack)
     GROUP BY partition ORDER BY partition`;
  const saturated = statement("toInt64(least(sum(toInt128(value)), 9223372036854775807))");
  // Sums of Int64 wrap; those of Int128 cost 20 % more over the samples of many services. There the totals of the
  // profiles, added up beside, tell which will do; for a few services that would cost more than it saves.
  if (filter.profile !== undefined || selection.datasets < MANY_DATASETS) {
    return await runStatement(scope, saturated);
  }
  const [sums, bound] = await Promise.all([
    runStatement(scope, statement("sum(value)")),
    runStatement(scope, `SELECT sum(abs(toFloat64(total))) AS bound FROM profiles WHERE ${where}`),
  ]);
  const safe = (numbersOf(bound, "bound")[0] ?? 0) < SAFE_SUM;
  return safe ? sums : await runStatement(scope, saturated);
}

const MANY_DATASETS = 8;

/** Below the largest int64 by more than adding up doubles can be off. */
const SAFE_SUM = 2 ** 62;

function hasAny(column: string, ids: readonly string[]): string {
  return `(${ids.map((id) => `has(${column}, ${id})`).join(" OR ")})`;
}
