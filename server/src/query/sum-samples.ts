import { bigintsOf, type NativeResult, numbersOf } from "../store/native-reader.ts";
import { type QueryScope, runStatement } from "./query-scope.ts";
import type { SampleFilter } from "./sample-filter.ts";
import { type SampleRows, selectSamples } from "./sample-rows.ts";

/** Sums by stack of one partition, whose id is a decimal text. */
export interface PartitionSums {
  readonly partition: string;
  readonly stacks: Uint32Array;
  readonly values: BigInt64Array;
}

/** Has the engine add up samples. Sums beyond int64 are saturated. */
export async function sumSamples(
  scope: QueryScope,
  rows: SampleRows,
  { profile, spans }: SampleFilter,
): Promise<readonly PartitionSums[]> {
  const where = profile === undefined ? rows.profiles : `${rows.profiles} AND ${profile}`;
  const samples =
    spans === undefined
      ? `(${selectSamples({ ...rows, profiles: where })}) ARRAY JOIN stack, value`
      : `(SELECT partition, stack, value, span, ${spans.positions} AS wanted FROM profiles WHERE ${where})
         ARRAY JOIN stack, value, span WHERE has(wanted, span)`;
  const statement = (sum: string): string =>
    `SELECT partition, groupArray(stack) AS stacks, groupArray(sum) AS values FROM
       (SELECT partition, stack, ${sum} AS sum FROM ${samples} GROUP BY partition, stack)
     GROUP BY partition`;
  const saturated = `toInt64(greatest(least(sum(toInt128(value)), ${INT64_MAX}), -${INT64_MAX} - 1))`;
  if (rows.hours !== undefined) return sumsOf(await runStatement(scope, statement(saturated)));
  // Sums of Int64 wrap; those of Int128 cost 20 % more. The totals of the profiles, added up beside, tell which will do.
  const [sums, bound] = await Promise.all([
    runStatement(scope, statement("sum(value)")),
    runStatement(scope, `SELECT sum(abs(toFloat64(total))) AS bound FROM profiles WHERE ${where}`),
  ]);
  if ((numbersOf(bound, "bound")[0] ?? 0) < SAFE_SUM) return sumsOf(sums);
  return sumsOf(await runStatement(scope, statement(saturated)));
}

const INT64_MAX = 2n ** 63n - 1n;

/** Below the largest int64 by more than adding up doubles can be off. */
const SAFE_SUM = 2 ** 62;

function sumsOf(result: NativeResult): PartitionSums[] {
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
  const stackItems = stacks.items.values;
  const valueItems = values.items.values;
  return Array.from(bigintsOf(result, "partition"), (partition, row) => ({
    partition: String(partition),
    stacks: stackItems.subarray(stacks.start[row], stacks.start[row + 1]),
    values: valueItems.subarray(values.start[row], values.start[row + 1]),
  }));
}
