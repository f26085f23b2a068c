import { goQuote, goQuoteRune, goUnicode } from "../go-quote.ts";

/** Kinds of tokens a label selector is made of; `other` is any operator that has no place in one. */
export type TokenKind =
  | "identifier"
  | "metric identifier"
  | "keyword"
  | "string"
  | "number"
  | "{"
  | "}"
  | ","
  | "="
  | "operator"
  | "other"
  | "end";

/** A token; `start` counts bytes of UTF-8. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
}

/** Where and why a selector is no selector. `start` counts bytes of UTF-8. */
export class SelectorSyntaxError extends Error {
  readonly start: number;
  constructor(start: number, message: string) {
    super(message);
    this.start = start;
  }
}

/** Keywords that cannot stand for a metric name. */
const reserved = new Set(["on", "ignoring", "group_left", "group_right", "bool", "atan2"]);
const operatorWords = new Set(["and", "or", "unless", "atan2"]);
const otherKeywords = new Set(
  (
    "sum avg count min max group stddev stdvar topk bottomk count_values quantile limitk limit_ratio offset smoothed " +
    "anchored by without fill fill_left fill_right start end step range"
  ).split(" "),
);
const aggregators = new Set(
  "sum avg count min max group stddev stdvar topk bottomk count_values quantile limitk limit_ratio".split(
    " ",
  ),
);

/** True for words of the expression language that a selector cannot begin with. */
export function isReservedWord(word: string): boolean {
  return reserved.has(word.toLowerCase());
}

/** How a refusal names a token: `identifier "b"`, `"["`, `<op:!=>`, `end of input`. */
export function describeToken(token: Token): string {
  switch (token.kind) {
    case "end":
      return "end of input";
    case "identifier":
    case "metric identifier":
      return `${token.kind} ${goQuote(token.text)}`;
    case "keyword": {
      const word = token.text.toLowerCase();
      if (operatorWords.has(word)) return `<op:${token.text}>`;
      return aggregators.has(word) ? `<aggr:${token.text}>` : `<${token.text}>`;
    }
    case "operator":
      return `<op:${token.text}>`;
    case "string":
    case "number": {
      const chars = [...token.text];
      const cut = chars.slice(0, 10).join("");
      const long = Buffer.byteLength(token.text) > 10;
      return `${token.kind} ${goQuote(long ? cut : token.text)}${long ? "..." : ""}`;
    }
    default:
      return goQuote(token.text);
  }
}

/** Reads a label selector token by token, as the lexer of PromQL does, with its refusals. */
export class SelectorLexer {
  private readonly input: string;
  private pos = 0;
  private bytes = 0;
  private insideBraces = false;

  constructor(input: string) {
    this.input = input;
  }

  /** The next token; throws {@link SelectorSyntaxError}. */
  next(): Token {
    this.skipBlanks();
    const start = this.bytes;
    const from = this.pos;
    const char = this.read();
    const token = (kind: TokenKind): Token => ({
      kind,
      text: this.input.slice(from, this.pos),
      start,
    });
    if (char === undefined) {
      if (this.insideBraces) {
        throw new SelectorSyntaxError(start, "unexpected end of input inside braces");
      }
      return token("end");
    }
    if (char === '"' || char === "'" || char === "`") {
      if (char === "`") this.skipRawString(start);
      else this.skipString(start, char);
      return token("string");
    }
    return this.insideBraces ? this.inside(char, start, token) : this.outside(char, start, token);
  }

  private inside(char: string, start: number, token: (kind: TokenKind) => Token): Token {
    if (isAlpha(char)) {
      while (isAlphaNumeric(this.peek())) this.read();
      return token("identifier");
    }
    switch (char) {
      case ",":
        return token(",");
      case "=":
        if (this.peek() !== "~") return token("=");
        this.read();
        return token("operator");
      case "!": {
        const after = this.read();
        if (after !== "=" && after !== "~") {
          throw new SelectorSyntaxError(
            start,
            `unexpected character after '!' inside braces: ${goQuoteRune(after)}`,
          );
        }
        return token("operator");
      }
      case "{":
        throw new SelectorSyntaxError(start, "unexpected left brace '{'");
      case "}":
        this.insideBraces = false;
        return token("}");
      default:
        throw new SelectorSyntaxError(
          start,
          `unexpected character inside braces: ${goQuoteRune(char)}`,
        );
    }
  }

  private outside(char: string, start: number, token: (kind: TokenKind) => Token): Token {
    if (isAlpha(char) || char === ":") return this.word(token);
    if (isDigit(char) || (char === "." && isDigit(this.peek()))) {
      while (isAlphaNumeric(this.peek()) || this.peek() === ".") this.read();
      return token("number");
    }
    switch (char) {
      case "{":
        this.insideBraces = true;
        return token("{");
      case ",":
        return token(",");
      case "=":
        if (this.peek() === "=") {
          this.read();
          return token("operator");
        }
        if (this.peek() === "~") {
          throw new SelectorSyntaxError(start, "unexpected character after '=': '~'");
        }
        return token("=");
      case "!": {
        const after = this.read();
        if (after !== "=") {
          throw new SelectorSyntaxError(
            start,
            `unexpected character after '!': ${goQuoteRune(after)}`,
          );
        }
        return token("operator");
      }
      case "<":
      case ">":
        if (this.peek() === "=" || this.peek() === "/") this.read();
        return token("operator");
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
      case "^":
      case "@":
        return token("operator");
      case "(":
      case "[":
      case ")":
      case "]":
        // Brackets are never right in a selector; closing ones are refused by the lexer itself.
        if (char === "]") throw new SelectorSyntaxError(start, "unexpected right bracket ']'");
        return token("other");
      default:
        throw new SelectorSyntaxError(start, `unexpected character: ${goQuoteRune(char)}`);
    }
  }

  private word(token: (kind: TokenKind) => Token): Token {
    while (isAlphaNumeric(this.peek()) || this.peek() === ":") this.read();
    const { text } = token("identifier");
    const lower = text.toLowerCase();
    if (operatorWords.has(lower) || reserved.has(lower) || otherKeywords.has(lower)) {
      return token("keyword");
    }
    if (lower === "inf" || lower === "nan") return token("number");
    return token(text.includes(":") ? "metric identifier" : "identifier");
  }

  private skipBlanks(): void {
    for (;;) {
      const char = this.peek();
      if (char === " " || char === "\t" || char === "\n" || char === "\r") this.read();
      else if (char === "#") {
        while (this.peek() !== undefined && this.peek() !== "\n" && this.peek() !== "\r") {
          this.read();
        }
      } else return;
    }
  }

  private skipString(start: number, quote: string): void {
    for (;;) {
      const char = this.read();
      if (char === undefined || char === "\n") {
        throw new SelectorSyntaxError(start, "unterminated quoted string");
      }
      if (char === "\uFFFD") throw new SelectorSyntaxError(start, "invalid UTF-8 rune");
      if (char === quote) return;
      if (char === "\\") this.skipEscape(start, quote);
    }
  }

  private skipEscape(start: number, quote: string): void {
    const kind = this.read();
    if (kind === undefined) throw new SelectorSyntaxError(start, "escape sequence not terminated");
    if (`abfnrtv\\${quote}`.includes(kind)) return;
    const octal = kind >= "0" && kind <= "7";
    const length = octal ? 3 : { x: 2, u: 4, U: 8 }[kind];
    if (length === undefined) {
      throw new SelectorSyntaxError(start, `unknown escape sequence ${goUnicode(kind)}`);
    }
    let digits = octal ? kind : "";
    while (digits.length < length) {
      const digit = this.read();
      if (digit === undefined) {
        throw new SelectorSyntaxError(start, "escape sequence not terminated");
      }
      if (!(octal ? /[0-7]/ : /[0-9A-Fa-f]/).test(digit)) {
        throw new SelectorSyntaxError(
          start,
          `illegal character ${goUnicode(digit)} in escape sequence`,
        );
      }
      digits += digit;
    }
    const code = Number.parseInt(digits, octal ? 8 : 16);
    const max = octal || kind === "x" ? 255 : 0x10ffff;
    if (code > max || (code >= 0xd800 && code < 0xe000)) {
      throw new SelectorSyntaxError(start, "escape sequence is an invalid Unicode code point");
    }
  }

  private skipRawString(start: number): void {
    for (;;) {
      const char = this.read();
      if (char === undefined) throw new SelectorSyntaxError(start, "unterminated raw string");
      if (char === "\uFFFD") throw new SelectorSyntaxError(start, "invalid UTF-8 rune");
      if (char === "`") return;
    }
  }

  private peek(): string | undefined {
    const code = this.input.codePointAt(this.pos);
    return code === undefined ? undefined : String.fromCodePoint(code);
  }

  private read(): string | undefined {
    const char = this.peek();
    if (char === undefined) return undefined;
    this.pos += char.length;
    this.bytes += Buffer.byteLength(char);
    return char;
  }
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= "0" && char <= "9";
}

function isAlpha(char: string | undefined): boolean {
  return char !== undefined && /^[A-Za-z_]$/.test(char);
}

function isAlphaNumeric(char: string | undefined): boolean {
  return isAlpha(char) || isDigit(char);
}
