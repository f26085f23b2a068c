/** Suffixes of values in the text form, largest first, with the unit of a sample type that they stand for. */
const SUFFIXES = [
  { suffix: "s", unit: "nanoseconds", factor: 1_000_000_000n },
  { suffix: "ms", unit: "nanoseconds", factor: 1_000_000n },
  { suffix: "us", unit: "nanoseconds", factor: 1_000n },
  { suffix: "ns", unit: "nanoseconds", factor: 1n },
  { suffix: "MiB", unit: "bytes", factor: 1_048_576n },
  { suffix: "KiB", unit: "bytes", factor: 1_024n },
  { suffix: "B", unit: "bytes", factor: 1n },
] as const;

/** A value and the unit that its suffix names; `count` without a suffix. */
export interface Quantity {
  readonly value: bigint;
  readonly unit: string;
}

/** Reads `30ms`, `4KiB`, `7`; undefined when the text is no quantity. */
export function parseQuantity(text: string): Quantity | undefined {
  const match = /^(-?\d+)([A-Za-z]*)$/.exec(text);
  if (match === null) return undefined;
  const value = BigInt(match[1]!);
  if (match[2] === "") return { value, unit: "count" };
  const known = SUFFIXES.find(({ suffix }) => suffix === match[2]);
  return known && { value: value * known.factor, unit: known.unit };
}

/** Writes a value with the largest suffix that loses nothing; a bare number in units that have no suffix. */
export function formatQuantity(value: bigint, unit: string): string {
  for (const known of SUFFIXES) {
    if (known.unit !== unit) continue;
    if (known.factor === 1n || (value !== 0n && value % known.factor === 0n)) {
      return `${value / known.factor}${known.suffix}`;
    }
  }
  return `${value}`;
}
