/** Milliseconds since the epoch, both ends inclusive. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
}

/** Ranges offered by a button. */
export const relativeRanges = [
  { from: "now-15m", label: "15 min" },
  { from: "now-1h", label: "1 h" },
  { from: "now-6h", label: "6 h" },
  { from: "now-24h", label: "24 h" },
] as const;

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Reads `now`, `now-90s`, `now-15m`, `now-6h`, `now-2d` or milliseconds since the epoch; undefined for anything else. */
export function parseTime(text: string, nowMs: number): number | undefined {
  if (text === "now") return nowMs;
  const relative = /^now-(\d{1,6})([smhd])$/.exec(text);
  if (relative) return nowMs - Number(relative[1]) * UNIT_MS[relative[2]!]!;
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Whether a time moves with the clock. */
export function isRelative(text: string): boolean {
  return text.startsWith("now");
}

/** Whether the range from `from` up to now reaches further back than another, as far as that can be told. */
export function isLonger(from: string, than: { readonly from: string; readonly until: string }) {
  const other = isRelative(than.from) ? parseTime(than.from, 0) : undefined;
  return than.until !== "now" || other === undefined || parseTime(from, 0)! < other;
}

/** Turns the two ends of an address into a range; what cannot be read falls back to the last hour. */
export function resolveRange(from: string, until: string, nowMs: number): TimeRange {
  const end = parseTime(until, nowMs) ?? nowMs;
  const start = parseTime(from, nowMs) ?? end - 3_600_000;
  return { start, end };
}
