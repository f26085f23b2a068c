/**
 * Prints a duration as Go's `time.Duration` does: `48h0m0s`, `167h59m43.097s`, `1.5ms`, `0s`.
 * Used in refusals that clients of Pyroscope know.
 */
export function goDuration(ms: number): string {
  if (ms === 0) return "0s";
  const sign = ms < 0 ? "-" : "";
  const whole = Math.abs(ms);
  if (whole < 1000) return `${sign}${whole}ms`;
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor(whole / 60_000) % 60;
  const seconds = `${(whole % 60_000) / 1000}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

const promUnits = [
  ["y", 31_536_000_000, true],
  ["w", 604_800_000, true],
  ["d", 86_400_000, false],
  ["h", 3_600_000, false],
  ["m", 60_000, false],
  ["s", 1000, false],
  ["ms", 1, false],
] as const;

/**
 * Prints a duration as Prometheus does: `1d`, `2h30m`, `1w`. Years and weeks appear only where they fit exactly.
 */
export function promDuration(ms: number): string {
  if (ms === 0) return "0s";
  let rest = ms;
  let text = "";
  for (const [unit, size, exactOnly] of promUnits) {
    if (exactOnly && rest % size !== 0) continue;
    const count = Math.floor(rest / size);
    if (count === 0) continue;
    text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}

/** Quotes a string as Go's `%q` does. */
export function goQuote(text: string): string {
  let out = '"';
  for (const char of text) out += quotedChar(char, '"');
  return `${out}"`;
}

/** Quotes one character as Go's `%q` does for a rune: `'b'`. `undefined` is the end of the input. */
export function goQuoteRune(char: string | undefined): string {
  if (char === undefined) return "'\uFFFD'";
  return `'${quotedChar(char, "'")}'`;
}

/** One character as Go's `%#U` does: `U+007A 'z'`. */
export function goUnicode(char: string): string {
  const code = char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  return unprintable.test(char) ? `U+${code}` : `U+${code} '${char}'`;
}

// What strconv.IsPrint refuses: controls, formats, surrogates, unassigned, private use, and spaces other than U+0020.
const unprintable = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

const shortEscapes: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
};

function quotedChar(char: string, quote: string): string {
  if (char === quote) return `\\${quote}`;
  const short = shortEscapes[char];
  if (short !== undefined) return short;
  if (!unprintable.test(char)) return char;
  const code = char.codePointAt(0)!;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}
