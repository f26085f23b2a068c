import { addWords, type Values, zeroValues } from "../src/query/values.ts";

/** A column of the given values; exact when their sum may pass 2^53. */
export function valuesOf(numbers: readonly bigint[]): Values {
  let magnitude = 0;
  for (const value of numbers) magnitude += Math.abs(Number(value));
  const values = zeroValues(numbers.length, magnitude >= Number.MAX_SAFE_INTEGER);
  numbers.forEach((value, at) => {
    addWords(values, at, Number(value >> 32n), Number(BigInt.asUintN(32, value)));
  });
  return values;
}
