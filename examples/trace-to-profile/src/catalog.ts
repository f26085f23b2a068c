/** A product of the shop. */
export interface Product {
  readonly id: number;
  readonly name: string;
  readonly priceCents: number;
  /** How much of each of 48 tastes the product has, for recommendations. */
  readonly tastes: Float64Array;
}

const nouns = ["lamp", "chair", "kettle", "notebook", "bicycle", "scarf", "clock", "tent"];
const adjectives = ["small", "blue", "sturdy", "folding", "quiet", "bright", "woollen", "plain"];

/** The shop's products, the same on every run. */
export function createCatalog(size: number): Product[] {
  const random = createRandom(42);
  return Array.from({ length: size }, (_, id) => ({
    id,
    name: `${adjectives[id % adjectives.length]} ${nouns[(id >> 3) % nouns.length]} ${id}`,
    priceCents: 500 + Math.floor(random() * 20_000),
    tastes: Float64Array.from({ length: 48 }, random),
  }));
}

/** Small deterministic generator (mulberry32): numbers in [0, 1). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
