/**
 * A column of int64 values that are added up and compared. Doubles do while everything that is ever added stays below
 * 2^53; where it may not, the column also keeps the high and low 32 bits of each value apart, each as a double: adding
 * is done on both, so nothing is rounded before {@link valueAt} puts them together. Then `approx` is only compared.
 */
export interface Values {
  readonly approx: Float64Array;
  readonly words: { readonly high: Float64Array; readonly low: Float64Array } | undefined;
}

/** Largest and smallest int64. Sums beyond them are saturated. */
export const INT64_MAX = 9_223_372_036_854_775_807n;
export const INT64_MIN = -9_223_372_036_854_775_808n;

const WORD = 4_294_967_296;

/** A column of zeros; `exact` when sums may pass 2^53. */
export function zeroValues(length: number, exact: boolean): Values {
  return {
    approx: new Float64Array(length),
    words: exact ? { high: new Float64Array(length), low: new Float64Array(length) } : undefined,
  };
}

/** Adds a value of one column to a value of another. Both are exact or neither is. */
export function addValue(to: Values, at: number, from: Values, index: number): void {
  to.approx[at] = to.approx[at]! + from.approx[index]!;
  if (to.words === undefined || from.words === undefined) return;
  to.words.high[at] = to.words.high[at]! + from.words.high[index]!;
  to.words.low[at] = to.words.low[at]! + from.words.low[index]!;
}

/** Adds `high * 2^32 + low`, where `low` is not negative. */
export function addWords(to: Values, at: number, high: number, low: number): void {
  to.approx[at] = to.approx[at]! + high * WORD + low;
  if (to.words === undefined) return;
  to.words.high[at] = to.words.high[at]! + high;
  to.words.low[at] = to.words.low[at]! + low;
}

/** The value at a position, exactly. */
export function valueAt(values: Values, at: number): bigint {
  if (values.words === undefined) return BigInt(values.approx[at]!);
  return BigInt(values.words.high[at]!) * 4_294_967_296n + BigInt(values.words.low[at]!);
}

/** The value at a position, at most what int64 holds. */
export function int64At(values: Values, at: number): bigint {
  return saturate(valueAt(values, at));
}

/** The nearest int64. */
export function saturate(value: bigint): bigint {
  return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : value;
}
