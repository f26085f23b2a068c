import type { PartitionValues } from "./merge-frames.ts";
import { type QueryScope, statementOptions } from "./query-scope.ts";
import { readSamples } from "./read-samples.ts";
import type { SampleFilter } from "./sample-filter.ts";
import { sampleRows } from "./sample-rows.ts";
import type { Selection } from "./series-selection.ts";
import { type PartitionSums, sumSamples } from "./sum-samples.ts";
import type { SymbolCache } from "./symbol-cache.ts";

/** Values of the stacks of one partition, with its id. */
export interface IdentifiedValues extends PartitionValues {
  readonly partition: string;
}

/** Sums of the selected samples by stack, with the symbols to read them. Sums beyond int64 are saturated. */
export async function stackValues(
  scope: QueryScope,
  symbols: SymbolCache,
  selection: Selection,
  filter: SampleFilter,
): Promise<readonly IdentifiedValues[]> {
  const parts = await readSums(scope, selection, filter);
  const needed = new Map(parts.map(({ partition, stacks }) => [partition, largest(stacks)]));
  const frames = await symbols.frames(needed, statementOptions(scope));
  return parts.map((part) => ({ ...part, frames: frames.get(part.partition)! }));
}

/** Datasets above which all their samples are not worth a try to read them. */
const MANY_DATASETS = 8;

async function readSums(
  scope: QueryScope,
  selection: Selection,
  filter: SampleFilter,
): Promise<readonly PartitionSums[]> {
  const rows = await sampleRows(scope, selection, filter);
  // Sums by hour take as long to read as to add up.
  if (rows.hours !== undefined) return await sumSamples(scope, rows, filter);
  const many = filter.profile === undefined && selection.datasets > MANY_DATASETS;
  const few = many ? undefined : await readSamples(scope, selection.where, filter);
  return few ?? (await sumSamples(scope, rows, filter));
}

function largest(stacks: Uint32Array): number {
  let last = 0;
  for (const stack of stacks) if (stack > last) last = stack;
  return last;
}
