import { compareUtf8 } from "../compare-utf8.ts";
import { numbersOf } from "../store/native-reader.ts";
import { type ProfileTypeParts, profileTypeParts } from "./profile-type.ts";
import { type QueryScope, runStatement } from "./query-scope.ts";
import type { LabelLists, SeriesAnswers } from "./series-answers.ts";

/** A label's name and value. */
export interface LabelPairData {
  readonly name: string;
  readonly value: string;
}

/** Profile types with series in the range, by id. */
export async function profileTypes(series: SeriesAnswers): Promise<readonly ProfileTypeParts[]> {
  const types = await series.profileTypes();
  return [...types].sort(compareUtf8).flatMap((id) => profileTypeParts(id) ?? []);
}

/** Names of labels of matching series, by UTF-8 bytes; only classic identifiers unless `utf8Names`. */
export async function labelNames(
  series: SeriesAnswers,
  utf8Names: boolean,
): Promise<readonly string[]> {
  const names = await series.labelNames();
  return names.filter((name) => utf8Names || isClassicName(name)).sort(compareUtf8);
}

/** Values of a label over matching series, by UTF-8 bytes. */
export async function labelValues(series: SeriesAnswers, name: string): Promise<readonly string[]> {
  return [...(await series.labelValues(name))].sort(compareUtf8);
}

/**
 * Distinct label sets of matching series, reduced to `names` (none: all of them). A set that loses all its labels is
 * an empty set, provided another series of its service has one of the names. Sorted by names and values.
 */
export async function labelSets(
  series: SeriesAnswers,
  names: readonly string[],
  utf8Names: boolean,
): Promise<readonly (readonly LabelPairData[])[]> {
  const asked = [...new Set(names)]
    .filter((name) => utf8Names || isClassicName(name))
    .sort(compareUtf8);
  const sets =
    asked.length > 0
      ? await reducedSets(series, asked)
      : // With nothing but hidden names asked for, the original shows all labels, hidden ones included.
        await wholeSets(series, utf8Names || names.length > 0);
  const distinct = new Map(sets.map((set) => [JSON.stringify(set), set]));
  return [...distinct.values()].sort(compareLabels);
}

/** True for names that every client can read. */
export function isClassicName(name: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
}

/** Orders label sets pair by pair, by name and then value; a set comes before those it begins. */
export function compareLabels(
  a: readonly { name: string; value: string }[],
  b: readonly { name: string; value: string }[],
): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareUtf8(a[i]!.name, b[i]!.name) || compareUtf8(a[i]!.value, b[i]!.value);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

async function reducedSets(
  series: SeriesAnswers,
  names: readonly string[],
): Promise<LabelPairData[][]> {
  const sets = await series.reducedSets(names);
  return sets.map((values) => labelPairs({ names, values }).filter(({ value }) => value !== ""));
}

async function wholeSets(series: SeriesAnswers, utf8Names: boolean): Promise<LabelPairData[][]> {
  const sets = await series.labelSets();
  return sets.map((set) => labelPairs(set).filter(({ name }) => utf8Names || isClassicName(name)));
}

/** Names and values side by side. */
export function labelPairs({ names, values }: LabelLists): LabelPairData[] {
  return names.map((name, i) => ({ name, value: values[i]! }));
}

/** Times of the oldest and newest profile of a tenant, in milliseconds; undefined when it has none. */
export async function profileTimes(
  scope: QueryScope,
  tenantCondition: string,
): Promise<{ readonly oldestMs: number; readonly newestMs: number } | undefined> {
  const result = await runStatement(
    scope,
    `SELECT toFloat64(intDiv(min(time), 1000000)) AS oldest, toFloat64(intDiv(max(time), 1000000)) AS newest, toUInt8(count() > 0) AS any
     FROM profiles WHERE dataset IN (SELECT dataset FROM series WHERE ${tenantCondition})`,
  );
  if (numbersOf(result, "any")[0] !== 1) return undefined;
  return { oldestMs: numbersOf(result, "oldest")[0]!, newestMs: numbersOf(result, "newest")[0]! };
}
