/** The value below which the given share of sorted values lies; NaN when there are none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

/** A measured quantity: its value over everything, and how far the rounds were apart. */
export interface Figure {
  readonly value: number;
  readonly lowest: number;
  readonly highest: number;
}

/** The middle of sorted values, between the two middle ones where there is no middle one; NaN when there are none. */
export function medianOf(sorted: ArrayLike<number>): number {
  const last = sorted.length - 1;
  return (quantile(sorted, 0.5) + (sorted[last >> 1] ?? Number.NaN)) / 2;
}

/** A figure from the values of several rounds; `value` is their median unless one is given. */
export function figureOf(rounds: readonly number[], value?: number): Figure {
  const sorted = [...rounds].sort((a, b) => a - b);
  return {
    value: value ?? medianOf(sorted),
    lowest: sorted[0] ?? Number.NaN,
    highest: sorted[sorted.length - 1] ?? Number.NaN,
  };
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
