import { goQuote } from "../go-quote.ts";
import { profileTypeParts } from "./profile-type.ts";
import { regexProblem } from "./regex-syntax.ts";
import {
  describeToken,
  isReservedWord,
  SelectorLexer,
  SelectorSyntaxError,
  type Token,
} from "./selector-lexer.ts";

/** One condition on a label. An absent label has the empty value; regular expressions are anchored RE2. */
export interface LabelMatcher {
  readonly name: string;
  readonly op: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

/** A text that is no label selector; the message is `<line>:<column>: parse error: <why>`, as Prometheus says it. */
export class SelectorError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SelectorError";
  }
}

/**
 * Parses a vector selector of Prometheus, such as `{service_name="shop",pod=~"a|b"}` or `process_cpu{}`. All conditions
 * must hold. A profile type id in front stands for `__profile_type__`: Grafana writes it so.
 * Throws {@link SelectorError} and nothing else.
 */
export function parseLabelSelector(text: string): readonly LabelMatcher[] {
  try {
    return new Parser(text).selector();
  } catch (error) {
    if (!(error instanceof SelectorSyntaxError)) throw error;
    throw new SelectorError(`${position(text, error.start)}: parse error: ${error.message}`);
  }
}

class Parser {
  private readonly lexer: SelectorLexer;
  private token: Token;

  constructor(text: string) {
    this.lexer = new SelectorLexer(text);
    this.token = this.lexer.next();
  }

  selector(): readonly LabelMatcher[] {
    const matchers: LabelMatcher[] = [];
    let named: LabelMatcher | undefined;
    const { kind, text } = this.token;
    if (
      kind === "identifier" ||
      kind === "metric identifier" ||
      (kind === "keyword" && !isReservedWord(text))
    ) {
      named = metricMatcher(text);
      this.advance();
    } else if (kind !== "{") throw this.unexpected("", "");
    if (this.token.kind === "{") {
      this.advance();
      this.matchers(matchers);
    }
    if (this.token.kind !== "end") throw this.unexpected("", "");
    if (named !== undefined) matchers.push(named);
    return matchers;
  }

  private matchers(out: LabelMatcher[]): void {
    // A comma after the last matcher is fine.
    while (!this.at("}")) {
      out.push(this.matcher());
      if (this.at("}")) break;
      if (!this.at(",")) throw this.unexpected("label matching", '"," or "}"');
      this.advance();
    }
    this.advance();
  }

  private matcher(): LabelMatcher {
    const label = this.token;
    if (label.kind !== "identifier" && label.kind !== "string") {
      throw this.unexpected("label matching", 'identifier or "}"');
    }
    this.advance();
    const name = label.kind === "string" ? unquote(label) : label.text;
    if (!isMatchOp(this.token)) {
      if (label.kind === "string") return { name: "__name__", op: "=", value: name };
      throw this.unexpected("label matching", "label matching operator");
    }
    const op = this.token.text as LabelMatcher["op"];
    this.advance();
    if (this.token.kind !== "string") throw this.unexpected("label matching", "string");
    const value = unquote(this.token);
    if (op === "=~" || op === "!~") {
      const problem = regexProblem(value);
      if (problem !== undefined) {
        throw new SelectorSyntaxError(label.start, `error parsing regexp: ${problem}`);
      }
    }
    this.advance();
    return { name, op, value };
  }

  private at(kind: Token["kind"]): boolean {
    return this.token.kind === kind;
  }

  private advance(): void {
    this.token = this.lexer.next();
  }

  private unexpected(context: string, expected: string): SelectorSyntaxError {
    const where = context === "" ? "" : ` in ${context}`;
    const instead = expected === "" ? "" : `, expected ${expected}`;
    return new SelectorSyntaxError(
      this.token.start,
      `unexpected ${describeToken(this.token)}${where}${instead}`,
    );
  }
}

function isMatchOp(token: Token): boolean {
  return token.kind === "=" || (token.kind === "operator" && /^(!=|=~|!~)$/.test(token.text));
}

function metricMatcher(name: string): LabelMatcher {
  const type = profileTypeParts(name);
  return type === undefined
    ? { name: "__name__", op: "=", value: name }
    : { name: "__profile_type__", op: "=", value: type.id };
}

const controls: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
};

/** The value of a string token; the lexer has checked its escapes. Numeric escapes below 256 stand for bytes. */
function unquote(token: Token): string {
  const body = token.text.slice(1, -1);
  if (token.text.startsWith("`") || !body.includes("\\")) return body;
  const parts: Buffer[] = [];
  const pattern = /\\(?:([0-7]{3})|x([0-9A-Fa-f]{2})|u(.{4})|U(.{8})|(.))|[^\\]+/gsu;
  for (const [whole, octal, hex, short, long, single] of body.matchAll(pattern)) {
    if (octal !== undefined) parts.push(Buffer.of(Number.parseInt(octal, 8)));
    else if (hex !== undefined) parts.push(Buffer.of(Number.parseInt(hex, 16)));
    else if (short !== undefined || long !== undefined) {
      parts.push(Buffer.from(String.fromCodePoint(Number.parseInt((short ?? long)!, 16))));
    } else if (single !== undefined) {
      const control = controls[single];
      parts.push(control === undefined ? Buffer.from(single) : Buffer.of(control));
    } else parts.push(Buffer.from(whole));
  }
  const bytes = Buffer.concat(parts);
  const text = bytes.toString("utf8");
  if (!Buffer.from(text).equals(bytes)) {
    throw new SelectorSyntaxError(
      token.start,
      `error unquoting string ${goQuote(token.text)}: invalid UTF-8`,
    );
  }
  return text;
}

/** `line:column` of a byte position, both from 1; Prometheus has no position in an empty text. */
function position(text: string, byte: number): string {
  if (text === "") return "unknown position";
  const before = Buffer.from(text).subarray(0, byte);
  let line = 1;
  let lineStart = 0;
  for (let i = 0; i < before.length; i++) {
    if (before[i] !== 10) continue;
    line++;
    lineStart = i + 1;
  }
  return `${line}:${byte - lineStart + 1}`;
}
