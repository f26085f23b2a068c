import type { Product } from "./catalog.ts";

/** The products nearest in taste to one product. */
export function similarProducts(
  products: readonly Product[],
  to: Product,
  limit: number,
): Product[] {
  return products
    .filter((product) => product !== to)
    .map((product) => ({ product, similarity: cosineSimilarity(product.tastes, to.tastes) }))
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, limit)
    .map(({ product }) => product);
}

/** Cosine of the angle between two vectors of equal length, in [-1, 1]. */
export function cosineSimilarity(a: Float64Array, b: Float64Array): number {
  let dot = 0;
  let squareA = 0;
  let squareB = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    squareA += a[i]! ** 2;
    squareB += b[i]! ** 2;
  }
  return dot / Math.sqrt(squareA * squareB);
}
