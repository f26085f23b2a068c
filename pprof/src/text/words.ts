import { ProfileError } from "../profile-error.ts";

/** What ends a bare word, by where the word stands in the text form. Blanks and quotes end every word. */
export const STOPS: Record<"functionName" | "fileName" | "mappingName" | "key" | "value", RegExp> =
  {
    functionName: /[\s";|@{]/,
    fileName: /[\s";|:{]/,
    mappingName: /[\s",}]/,
    key: /[\s"=:]/,
    value: /[\s"]/,
  };

/** Words with a meaning of their own, which must be quoted to be names. */
const RESERVED = new Set(["", "-", "?", "??"]);

/** A word as it is, or as a JSON string where it would not be read back the same. */
export function quoteWord(word: string, stops: RegExp): string {
  return RESERVED.has(word) || stops.test(word) ? JSON.stringify(word) : word;
}

/** A cursor over one line of the text form. */
export class WordScanner {
  private readonly text: string;
  private readonly lineNumber: number;
  private pos = 0;

  constructor(text: string, lineNumber: number) {
    this.text = text;
    this.lineNumber = lineNumber;
  }

  get done(): boolean {
    return this.pos >= this.text.length;
  }

  /** The next character, "" at the end. */
  peek(): string {
    return this.text.charAt(this.pos);
  }

  /** Takes `expected` when it is next. */
  take(expected: string): boolean {
    if (!this.text.startsWith(expected, this.pos)) return false;
    this.pos += expected.length;
    return true;
  }

  /** Takes `sign` when it is a word of its own: nothing, a blank or one of `;|@{` follows. */
  takeSign(sign: string): boolean {
    if (!this.text.startsWith(sign, this.pos)) return false;
    const after = this.text.charAt(this.pos + sign.length);
    if (after !== "" && !/[\s;|@{]/.test(after)) return false;
    this.pos += sign.length;
    return true;
  }

  expect(expected: string): void {
    if (!this.take(expected)) throw this.error(`"${expected}" is due`);
  }

  skipBlanks(): void {
    while (/^\s$/.test(this.peek())) this.pos++;
  }

  /** A bare or quoted word. */
  word(stops: RegExp): { readonly text: string; readonly quoted: boolean } {
    if (this.peek() === '"') return { text: this.quoted(), quoted: true };
    const start = this.pos;
    while (!this.done && !stops.test(this.peek())) this.pos++;
    if (this.pos === start) throw this.error("a word is due");
    return { text: this.text.slice(start, this.pos), quoted: false };
  }

  /** What is left of the line, without blanks around it. */
  rest(): string {
    const rest = this.text.slice(this.pos).trim();
    this.pos = this.text.length;
    return rest;
  }

  error(message: string): ProfileError {
    const where = `line ${this.lineNumber}, column ${this.pos + 1}`;
    return new ProfileError("bad_text", `${where}: ${message}`, { index: this.lineNumber });
  }

  private quoted(): string {
    const match = /"(?:[^"\\]|\\.)*"/y;
    match.lastIndex = this.pos;
    const literal = match.exec(this.text)?.[0];
    if (literal === undefined) throw this.error("a quoted word does not end");
    try {
      const text: unknown = JSON.parse(literal);
      this.pos += literal.length;
      return String(text);
    } catch (cause) {
      throw Object.assign(this.error("a quoted word is no JSON string"), { cause });
    }
  }
}
