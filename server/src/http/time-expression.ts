/**
 * Reads `from` and `until`: an absolute time by its number of digits (`YYYYMMDD`, seconds, ms, us, ns), or
 * `now-1h`, `now+5m` and the like. Garbage means now; it never fails.
 *
 * @param nowNanos nanoseconds since 1970
 * @returns nanoseconds since 1970; seconds that do not fit wrap around at 64 bits
 */
export function parseTimeExpression(text: string, nowNanos: bigint): bigint {
  const compact = text.trim().replace(/[_, ]/g, "");
  if (/^\d+$/.test(compact)) return parseDigits(compact, nowNanos);
  const plus = compact.indexOf("+");
  const sign = plus >= 0 ? plus : compact.indexOf("-");
  if (sign < 0) return nowNanos;
  const offset = parseOffset(compact.slice(sign + 1));
  return BigInt.asIntN(64, compact[sign] === "-" ? nowNanos - offset : nowNanos + offset);
}

const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;

/** Beginnings of unit names, tried in this order: `mon` before `m`. */
const UNITS: readonly (readonly [prefix: string, nanos: bigint])[] = [
  ["s", SECOND],
  ["mon", 30n * DAY],
  ["M", 30n * DAY],
  ["m", MINUTE],
  ["h", HOUR],
  ["d", DAY],
  ["w", 7n * DAY],
  ["y", 365n * DAY],
];

function parseDigits(digits: string, nowNanos: bigint): bigint {
  if (digits.length === 8) {
    const date = parseDate(digits);
    if (date !== undefined) return date;
  }
  const value = BigInt(digits);
  // What does not fit into an int64 is garbage, not a time.
  if (value > 0x7fff_ffff_ffff_ffffn) return nowNanos;
  if (digits.length === 13) return value * 1_000_000n;
  if (digits.length === 16) return value * 1_000n;
  if (digits.length === 19) return value;
  return BigInt.asIntN(64, value * SECOND);
}

function parseDate(digits: string): bigint | undefined {
  const year = Number(digits.slice(0, 4));
  if (year <= 1900) return undefined;
  const month = Number(digits.slice(4, 6));
  const day = Number(digits.slice(6, 8));
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return BigInt(date.getTime()) * 1_000_000n;
}

function parseOffset(text: string): bigint {
  const digits = /^\d+/.exec(text)?.[0];
  if (digits === undefined) return 0n;
  const unit = text.slice(digits.length);
  const nanos = UNITS.find(([prefix]) => unit.startsWith(prefix))?.[1] ?? 0n;
  return BigInt.asIntN(64, BigInt(digits.slice(0, 19)) * nanos);
}
