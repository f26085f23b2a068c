import type { Product } from "./catalog.ts";

/** Products whose names are nearest to the query, by edit distance. */
export function rankByDistance(
  products: readonly Product[],
  query: string,
  limit: number,
): Product[] {
  return products
    .map((product) => ({ product, distance: editDistance(query, product.name) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map(({ product }) => product);
}

/** Levenshtein distance, one row at a time. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
