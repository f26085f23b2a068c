/** A string literal of the engine's SQL. */
export function sqlText(text: string): string {
  return `'${text.replace(/[\\'\0]/g, (char) => (char === "\0" ? "\\0" : `\\${char}`))}'`;
}

/** A list of string literals in brackets. */
export function sqlTextArray(texts: readonly string[]): string {
  return `[${texts.map(sqlText).join(", ")}]`;
}

/** Nanoseconds of a whole number of milliseconds, exactly. */
export function sqlNanos(ms: number): string {
  return String(BigInt(Math.trunc(ms)) * 1_000_000n);
}
