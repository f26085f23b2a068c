/** Quotes a string as Go's `%q` does. Used in messages that clients of Pyroscope know. */
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
