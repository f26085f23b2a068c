const NANOS: readonly Scale[] = [
  { from: 3_600e9, per: 3_600e9, suffix: "h" },
  { from: 120e9, per: 60e9, suffix: "min" },
  { from: 1e9, per: 1e9, suffix: "s" },
  { from: 1e6, per: 1e6, suffix: "ms" },
  { from: 1e3, per: 1e3, suffix: "µs" },
  { from: 0, per: 1, suffix: "ns" },
];
const BYTES: readonly Scale[] = [
  { from: 2 ** 40, per: 2 ** 40, suffix: "TiB" },
  { from: 2 ** 30, per: 2 ** 30, suffix: "GiB" },
  { from: 2 ** 20, per: 2 ** 20, suffix: "MiB" },
  { from: 2 ** 10, per: 2 ** 10, suffix: "KiB" },
  { from: 0, per: 1, suffix: "B" },
];
const COUNTS: readonly Scale[] = [
  { from: 1e12, per: 1e12, suffix: "T" },
  { from: 1e9, per: 1e9, suffix: "G" },
  { from: 1e6, per: 1e6, suffix: "M" },
  { from: 1e4, per: 1e3, suffix: "k" },
  { from: 0, per: 1, suffix: "" },
];

/** Units of time, and how many nanoseconds each has. */
const TIME_UNITS: Readonly<Record<string, number>> = {
  nanoseconds: 1,
  ns: 1,
  microseconds: 1e3,
  milliseconds: 1e6,
  seconds: 1e9,
};

/**
 * A value of a profile type with three significant digits, for instance `12.3 ms`, `4.00 MiB` or `1,204`.
 * `unit` is the sample unit of the profile type; units that are neither time nor bytes are counts.
 */
export function formatValue(value: number, unit: string): string {
  const nanos = TIME_UNITS[unit];
  if (nanos !== undefined) return scaled(value * nanos, NANOS);
  if (unit === "bytes") return scaled(value, BYTES);
  return scaled(value, COUNTS);
}

/** Share of a whole, for instance `12.3 %`; nothing of nothing is `0 %`. */
export function formatPercent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0 %";
  const percent = (100 * part) / whole;
  if (percent < 0.01) return "<0.01 %";
  return `${percent.toFixed(percent < 1 ? 2 : percent >= 99.95 ? 0 : 1)} %`;
}

/** A whole number with separators, for instance `12,345`. */
export function formatCount(value: number): string {
  return value.toLocaleString("en-US");
}

interface Scale {
  /** Smallest value that is written this way. */
  readonly from: number;
  readonly per: number;
  readonly suffix: string;
}

function scaled(value: number, scales: readonly Scale[]): string {
  if (value === 0) return `0 ${scales.at(-1)!.suffix}`.trim();
  // 999.7 µs would be written as 1000 µs: half a unit of the last digit decides for the next scale.
  const size = Math.abs(value) * 1.0005;
  const { per, suffix } = scales.find((scale) => size >= scale.from)!;
  return `${digits(value / per)} ${suffix}`.trim();
}

function digits(value: number): string {
  if (Number.isInteger(value)) return formatCount(value);
  const size = Math.abs(value);
  if (size >= 99.95) return formatCount(Math.round(value));
  return value.toFixed(size >= 9.995 ? 1 : 2);
}
