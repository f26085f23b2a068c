import { growthExponent } from "../growth-exponent.ts";
import { printTable, threeDigits } from "../table.ts";
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
  console.log("");
  printTable([
    [title, ...sizes.map((size) => size.toLocaleString("en")), "exponent"],
    ...points[0]!.quantities.map(({ title: name, unit }, i) => {
      const numbers = points.map((point) => point.quantities[i]!.value);
      return [
        `${name}, ${unit}`,
        ...numbers.map(threeDigits),
        growthExponent(sizes, numbers).toFixed(2),
      ];
    }),
  ]);
}
