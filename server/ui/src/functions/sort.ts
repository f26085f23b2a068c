import type { FunctionSummary } from "./summarize.ts";

/** Columns that functions can be sorted by. */
export const sortColumns = ["self", "total", "name"] as const;

/** A column of the table of functions. */
export type SortColumn = (typeof sortColumns)[number];

/** Order of the table of functions. */
export interface FunctionSort {
  readonly column: SortColumn;
  readonly descending: boolean;
}

/** Where the value was spent, most first. */
export const defaultSort: FunctionSort = { column: "self", descending: true };

/** Reads `self`, `total` or `name`, a minus in front for descending; anything else gives the default. */
export function parseSort(text: string): FunctionSort {
  const name = text.replace(/^-/, "");
  const column = sortColumns.find((each) => each === name);
  return column ? { column, descending: text.startsWith("-") } : defaultSort;
}

/** Writes what {@link parseSort} reads; the default is the empty text. */
export function formatSort(sort: FunctionSort): string {
  const text = `${sort.descending ? "-" : ""}${sort.column}`;
  return text === "-self" ? "" : text;
}

/** The order after a click on a column's head: values start with the largest, names with A. */
export function toggleSort(sort: FunctionSort, column: SortColumn): FunctionSort {
  if (sort.column === column) return { column, descending: !sort.descending };
  return { column, descending: column !== "name" };
}

/** A sorted copy. Equal values fall back to the names, so that the order never depends on the answer's. */
export function sortFunctions(
  functions: readonly FunctionSummary[],
  { column, descending }: FunctionSort,
): FunctionSummary[] {
  const sign = descending ? -1 : 1;
  return functions.toSorted((a, b) => {
    const byName = a.label < b.label ? -1 : a.label > b.label ? 1 : 0;
    if (column === "name") return sign * byName;
    return sign * (a[column] - b[column]) || byName;
  });
}
