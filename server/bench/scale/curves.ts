import type { ScalePoint } from "./measure-point.ts";

/**
 * Prints one line per measured quantity: its value at every size and the exponent `e` of the growth `size ** e` that
 * fits best, 0 for flat and 1 for linear.
 */
export function printCurves(
  title: string,
  points: readonly ScalePoint[],
  sizeOf: (point: ScalePoint) => number,
): void {
  const sizes = points.map(sizeOf);
  const lines = [
    [title, ...sizes.map((size) => size.toLocaleString("en")), "exponent"],
    ...points[0]!.quantities.map(({ title: name, unit }, i) => {
      const numbers = points.map((point) => point.quantities[i]!.value);
      return [`${name}, ${unit}`, ...numbers.map(short), growthExponent(sizes, numbers).toFixed(2)];
    }),
  ];
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  console.log("");
  for (const [i, line] of lines.entries()) {
    console.log(`| ${line.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`);
    if (i === 0) console.log(`| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  }
}

/** Slope of the logarithms, by least squares. */
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

function short(value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString("en")
    : Number(value.toPrecision(3)).toString();
}
