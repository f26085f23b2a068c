import { numbersOf, textListsOf, textsOf } from "../store/native-reader.ts";
import { sqlTextArray } from "../store/sql-text.ts";
import { compareUtf8 } from "./frame-tree.ts";
import { type ProfileTypeParts, profileTypeParts } from "./profile-type.ts";
import { type QueryScope, runSeriesStatement, runStatement } from "./query-scope.ts";
import { labelValue, type SeriesFilter, seriesWhere } from "./series-filter.ts";

/** A label's name and value. */
export interface LabelPairData {
  readonly name: string;
  readonly value: string;
}

/** Profile types with series in the range, by id. */
export async function profileTypes(
  scope: QueryScope,
  filter: SeriesFilter,
): Promise<readonly ProfileTypeParts[]> {
  const result = await runSeriesStatement(
    scope,
    `SELECT DISTINCT profile_type FROM series WHERE ${seriesWhere(filter)} ORDER BY profile_type`,
  );
  return textsOf(result, "profile_type").flatMap((id) => profileTypeParts(id) ?? []);
}

/** Names of labels of matching series, by UTF-8 bytes; only classic identifiers unless `utf8Names`. */
export async function labelNames(
  scope: QueryScope,
  filter: SeriesFilter,
  utf8Names: boolean,
): Promise<readonly string[]> {
  const result = await runSeriesStatement(
    scope,
    `SELECT arrayJoin(label_names) AS name FROM series WHERE ${seriesWhere(filter)} GROUP BY name ORDER BY name`,
  );
  return textsOf(result, "name").filter((name) => utf8Names || isClassicName(name));
}

/** Values of a label over matching series, by UTF-8 bytes. */
export async function labelValues(
  scope: QueryScope,
  filter: SeriesFilter,
  name: string,
): Promise<readonly string[]> {
  const result = await runSeriesStatement(
    scope,
    `SELECT DISTINCT ${labelValue(name)} AS value FROM series WHERE ${seriesWhere(filter)} AND value != '' ORDER BY value`,
  );
  return textsOf(result, "value");
}

/**
 * Distinct label sets of matching series, reduced to `names` (none: all of them). A set that loses all its labels is
 * an empty set, provided another series of its service has one of the names. Sorted by names and values.
 */
export async function labelSets(
  scope: QueryScope,
  filter: SeriesFilter,
  names: readonly string[],
  utf8Names: boolean,
): Promise<readonly (readonly LabelPairData[])[]> {
  const asked = [...new Set(names)]
    .filter((name) => utf8Names || isClassicName(name))
    .sort(compareUtf8);
  const sets =
    asked.length > 0
      ? await reducedSets(scope, filter, asked)
      : // With nothing but hidden names asked for, the original shows all labels, hidden ones included.
        await wholeSets(scope, filter, utf8Names || names.length > 0);
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
  scope: QueryScope,
  filter: SeriesFilter,
  names: readonly string[],
): Promise<LabelPairData[][]> {
  const result = await runSeriesStatement(
    scope,
    `SELECT arrayJoin(groupUniqArray(set)) AS set FROM
       (SELECT tenant, service, [${names.map(labelValue).join(", ")}] AS set, hasAny(label_names, ${sqlTextArray(names)}) AS present
        FROM series WHERE ${seriesWhere(filter)})
     GROUP BY tenant, service HAVING max(present) = 1`,
  );
  return textListsOf(result, "set").map((values) =>
    values.flatMap((value, i) => (value === "" ? [] : [{ name: names[i]!, value }])),
  );
}

async function wholeSets(
  scope: QueryScope,
  filter: SeriesFilter,
  utf8Names: boolean,
): Promise<LabelPairData[][]> {
  const result = await runSeriesStatement(
    scope,
    `SELECT DISTINCT label_names, label_values FROM series WHERE ${seriesWhere(filter)}`,
  );
  const values = textListsOf(result, "label_values");
  return textListsOf(result, "label_names").map((names, row) =>
    names
      .map((name, i) => ({ name, value: values[row]![i]! }))
      .filter(({ name }) => utf8Names || isClassicName(name)),
  );
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
