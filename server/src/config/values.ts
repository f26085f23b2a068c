import { z } from "zod";

/**
 * Types of configuration values. Each takes what a flag, an environment variable or YAML gives (text, number or
 * boolean) and turns it into the unit the program works with, or says what would be right.
 */

/** Any text. */
export function text(): z.ZodType<string> {
  return z.preprocess(toText, z.string());
}

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(
  words: T,
): z.ZodType<T[number]> {
  const message = `must be one of ${words.join(", ")}`;
  return z.preprocess(toText, z.enum(words, { error: message })) as z.ZodType<T[number]>;
}

/** `true` or `false`. */
export function flag(): z.ZodType<boolean> {
  return z.unknown().transform((value, context) => {
    if (typeof value === "boolean") return value;
    const known = typeof value === "string" ? BOOLEANS[value] : undefined;
    return known ?? refuse(context, "must be true or false");
  });
}

/** A whole number in a range. */
export function integer(min = 0, max: number = Number.MAX_SAFE_INTEGER): z.ZodType<number> {
  return z.unknown().transform((value, context) => {
    const number = typeof value === "string" && /^[-+]?\d+$/.test(value) ? Number(value) : value;
    if (
      typeof number === "number" &&
      Number.isSafeInteger(number) &&
      number >= min &&
      number <= max
    ) {
      return number;
    }
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    return refuse(context, `must be a whole number ${range}`);
  });
}

/** A number of MiB, fractions allowed; gives bytes. */
export function mebibytes(min = 0): z.ZodType<number> {
  return z.unknown().transform((value, context) => {
    const number = typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && number >= min && number <= MAX_MEBIBYTES) {
      return Math.round(number * MIB);
    }
    const range = min === 0 ? "that is not negative" : `of at least ${min}`;
    return refuse(context, `must be a number of MiB ${range}`);
  });
}

/** A duration such as `1h30m`, `500ms`, `7d` or `2w`; gives milliseconds. A bare number must be 0. */
export function duration(): z.ZodType<number> {
  return durationIn(0, Number.MAX_SAFE_INTEGER, "a duration such as 500ms, 30s, 1h30m or 7d");
}

/** A duration that a timer waits for: one of more than 24.8 days would end at once. Bounds as they are written. */
export function timer(min = "0s", max = "24d"): z.ZodType<number> {
  return durationIn(parseDuration(min)!, parseDuration(max)!, `a duration from ${min} to ${max}`);
}

/** Milliseconds of a duration text, or undefined. */
export function parseDuration(value: string): number | undefined {
  if (value === "0") return 0;
  if (!/^(\d+(\.\d+)?(ms|us|µs|ns|[smhdwy]))+$/.test(value)) return undefined;
  let ms = 0;
  for (const [, number, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|us|µs|ns|[smhdwy])/g)) {
    ms += Number(number) * UNIT_MS[unit!]!;
  }
  const whole = Math.round(ms);
  if (!Number.isSafeInteger(whole)) return undefined;
  // 1.1h is not quite a whole number of them in floating point.
  return Math.abs(ms - whole) < 1e-6 ? whole : ms;
}

function durationIn(minMs: number, maxMs: number, what: string): z.ZodType<number> {
  return z.unknown().transform((value, context) => {
    const ms =
      typeof value === "number" || typeof value === "string"
        ? parseDuration(String(value))
        : undefined;
    if (ms === undefined || ms < minMs || ms > maxMs) return refuse(context, `must be ${what}`);
    return Number.isInteger(ms) ? ms : refuse(context, "must be a whole number of milliseconds");
  });
}

const MIB = 1024 * 1024;
/** 1 PiB: still exact as a number of bytes. */
const MAX_MEBIBYTES = 1024 ** 3;

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  TRUE: true,
  True: true,
  t: true,
  "1": true,
  false: false,
  FALSE: false,
  False: false,
  f: false,
  "0": false,
};

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

function toText(value: unknown): unknown {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: "custom", message });
  return z.NEVER;
}
