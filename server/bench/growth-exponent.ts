/**
 * Exponent `e` of the growth `size ** e` that fits measured values best, 0 for flat and 1 for linear: the slope of the
 * logarithms, by least squares.
 */
export function growthExponent(sizes: readonly number[], values: readonly number[]): number {
  const x = sizes.map(Math.log);
  const y = values.map(Math.log);
  const meanX = mean(x);
  const meanY = mean(y);
  const covariance = mean(x.map((one, i) => (one - meanX) * (y[i]! - meanY)));
  return covariance / mean(x.map((one) => (one - meanX) ** 2));
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
