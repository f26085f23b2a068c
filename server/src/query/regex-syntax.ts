/**
 * Why a regular expression is not RE2 syntax, worded as Go's `regexp/syntax` does and naming the offending part, or
 * undefined when it is fine. Only checks: expressions are evaluated by the engine's RE2, in linear time.
 */
export function regexProblem(pattern: string): string | undefined {
  try {
    checkRegex(pattern);
    return undefined;
  } catch (error) {
    if (error instanceof RegexSyntaxError) return error.message;
    throw error;
  }
}

class RegexSyntaxError extends Error {}

const MAX_REPEAT = 1000;
const MAX_DEPTH = 1000;
const PERL_CLASSES = "dDsSwW";
const POSIX_CLASSES = new Set(
  "alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit".split(" "),
);

function problem(text: string, part: string): RegexSyntaxError {
  return new RegexSyntaxError(`${text}: \`${part}\``);
}

function checkRegex(pattern: string): void {
  const input = new Input(pattern);
  let depth = 0;
  // What a repetition operator would apply to: nothing, an item, or an item repeated already (from where).
  let repeatable = false;
  let repeatedFrom = -1;
  const groupNames = new Set<string>();
  while (!input.done()) {
    const from = input.pos;
    const char = input.next();
    switch (char) {
      case "(":
        if (input.startsWith("?")) {
          const opened = checkPerlGroup(input, from, groupNames);
          if (opened) depth++;
          else {
            // Flags alone, as in `(?i)`, are no item to repeat.
            repeatable = false;
            repeatedFrom = -1;
            continue;
          }
        } else depth++;
        if (depth > MAX_DEPTH) throw problem("expression nests too deeply", pattern);
        repeatable = false;
        repeatedFrom = -1;
        continue;
      case "|":
        repeatable = false;
        repeatedFrom = -1;
        continue;
      case ")":
        if (depth === 0) throw problem("unexpected )", pattern);
        depth--;
        break;
      case "[":
        checkClass(input, from);
        break;
      case "*":
      case "+":
      case "?":
      case "{": {
        if (char === "{") {
          const counted = input.repeatCount();
          if (counted === undefined) break;
          const [min, max] = counted;
          if (min > MAX_REPEAT || max > MAX_REPEAT || (max >= 0 && min > max)) {
            throw problem("invalid repeat count", input.from(from));
          }
        }
        input.skip("?");
        if (!repeatable) throw problem("missing argument to repetition operator", input.from(from));
        if (repeatedFrom >= 0) {
          throw problem("invalid nested repetition operator", input.from(repeatedFrom));
        }
        repeatedFrom = from;
        continue;
      }
      case "\\":
        if (input.skip("Q")) {
          const end = input.pattern.indexOf("\\E", input.pos);
          input.pos = end < 0 ? pattern.length : end + 2;
        } else if (!input.done() && "AbBzC".includes(input.peek())) {
          const assertion = input.next();
          if (assertion === "C") throw problem("invalid escape sequence", "\\C");
        } else if (!input.done() && PERL_CLASSES.includes(input.peek())) input.next();
        else if (!checkUnicodeClass(input, from)) checkEscape(input, from);
        break;
      default:
    }
    repeatable = true;
    repeatedFrom = -1;
  }
  if (depth > 0) throw problem("missing closing )", pattern);
}

/** After `(` at a `?`: true when a group was opened, false for flags alone. */
function checkPerlGroup(input: Input, from: number, names: Set<string>): boolean {
  input.next();
  const named = input.startsWith("P<") ? "P<" : input.startsWith("<") ? "<" : undefined;
  if (named !== undefined && !input.startsWith("<=") && !input.startsWith("<!")) {
    input.pos += named.length;
    const end = input.pattern.indexOf(">", input.pos);
    if (end < 0) throw problem("invalid named capture", input.pattern.slice(from));
    const name = input.pattern.slice(input.pos, end);
    const whole = input.pattern.slice(from, end + 1);
    if (!/^[A-Za-z0-9_]+$/.test(name)) throw problem("invalid named capture", whole);
    if (names.has(name)) throw problem("duplicate capture group name", name);
    names.add(name);
    input.pos = end + 1;
    return true;
  }
  let negated = false;
  let sawFlag = false;
  while (!input.done()) {
    const char = input.next();
    if ("imsU".includes(char)) {
      sawFlag = true;
      continue;
    }
    if (char === "-") {
      if (negated) break;
      negated = true;
      sawFlag = false;
      continue;
    }
    if (char === ":" || char === ")") {
      if (negated && !sawFlag) break;
      return char === ":";
    }
    break;
  }
  if (input.done() && !input.from(from).endsWith(")") && /^\(\?[imsU-]*$/.test(input.from(from))) {
    throw problem("missing closing )", input.pattern);
  }
  throw problem("invalid or unsupported Perl syntax", input.from(from));
}

function checkClass(input: Input, from: number): void {
  input.skip("^");
  let first = true;
  while (input.startsWith("]") === false || first) {
    if (input.done()) throw problem("missing closing ]", input.pattern.slice(from));
    if (input.startsWith("[:")) {
      const end = input.pattern.indexOf(":]", input.pos + 2);
      if (end >= 0) {
        const name = input.pattern.slice(input.pos + 2, end).replace(/^\^/, "");
        const whole = input.pattern.slice(input.pos, end + 2);
        if (!POSIX_CLASSES.has(name)) throw problem("invalid character class range", whole);
        input.pos = end + 2;
        first = false;
        continue;
      }
    }
    first = false;
    const rangeFrom = input.pos;
    if (input.startsWith("\\")) {
      const after = input.pattern[input.pos + 1];
      if (after !== undefined && PERL_CLASSES.includes(after)) {
        input.pos += 2;
        continue;
      }
      if (after === "p" || after === "P") {
        const at = input.pos;
        input.pos++;
        checkUnicodeClass(input, at);
        continue;
      }
    }
    const low = classChar(input, from);
    if (input.startsWith("-") && !input.startsWith("-]") && input.pos + 1 < input.pattern.length) {
      input.next();
      const high = classChar(input, from);
      if (high < low) {
        throw problem("invalid character class range", input.from(rangeFrom));
      }
    }
  }
  input.next();
}

function classChar(input: Input, classFrom: number): number {
  if (input.done()) throw problem("missing closing ]", input.pattern.slice(classFrom));
  const from = input.pos;
  const char = input.next();
  return char === "\\" ? checkEscape(input, from) : char.codePointAt(0)!;
}

/** After a backslash: reads `p`/`P` and its name. False when there is none. */
function checkUnicodeClass(input: Input, from: number): boolean {
  if (!input.startsWith("p") && !input.startsWith("P")) return false;
  input.next();
  if (input.done()) throw problem("invalid character class range", input.from(from));
  if (input.next() === "{") {
    const end = input.pattern.indexOf("}", input.pos);
    if (end < 0) throw problem("invalid character class range", input.pattern.slice(from));
    input.pos = end + 1;
  }
  return true;
}

/** After a backslash: reads one escaped character and returns its code point. */
function checkEscape(input: Input, from: number): number {
  if (input.done()) throw new RegexSyntaxError("trailing backslash at end of expression: ``");
  const char = input.next();
  if (/[1-7]/.test(char)) {
    if (!/[0-7]/.test(input.peek())) throw problem("invalid escape sequence", input.from(from));
    return octal(input, char);
  }
  if (char === "0") return octal(input, char);
  if (char === "x") return hexEscape(input, from);
  const control = "afnrtv".indexOf(char);
  if (control >= 0) return [7, 12, 10, 13, 9, 11][control]!;
  const code = char.codePointAt(0)!;
  if (code < 0x80 && !/[A-Za-z0-9]/.test(char)) return code;
  throw problem("invalid escape sequence", input.from(from));
}

function octal(input: Input, first: string): number {
  let digits = first;
  while (digits.length < 3 && /[0-7]/.test(input.peek())) digits += input.next();
  return Number.parseInt(digits, 8);
}

function hexEscape(input: Input, from: number): number {
  if (input.done()) throw problem("invalid escape sequence", input.from(from));
  if (input.skip("{")) {
    let digits = "";
    while (!input.done() && /[0-9A-Fa-f]/.test(input.peek())) digits += input.next();
    const code = Number.parseInt(digits, 16);
    if (digits === "" || code > 0x10ffff || !input.skip("}")) {
      if (!input.done()) input.next();
      throw problem("invalid escape sequence", input.from(from));
    }
    return code;
  }
  let digits = "";
  while (digits.length < 2 && !input.done()) {
    const char = input.next();
    if (!/[0-9A-Fa-f]/.test(char)) throw problem("invalid escape sequence", input.from(from));
    digits += char;
  }
  if (digits.length < 2) throw problem("invalid escape sequence", input.from(from));
  return Number.parseInt(digits, 16);
}

class Input {
  readonly pattern: string;
  pos = 0;

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  done(): boolean {
    return this.pos >= this.pattern.length;
  }

  /** The character at the position, empty at the end. */
  peek(): string {
    const code = this.pattern.codePointAt(this.pos);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  next(): string {
    const char = this.peek();
    this.pos += char.length;
    return char;
  }

  startsWith(text: string): boolean {
    return this.pattern.startsWith(text, this.pos);
  }

  skip(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.pos += text.length;
    return true;
  }

  /** What was read since a position. */
  from(start: number): string {
    return this.pattern.slice(start, this.pos);
  }

  /** After `{`: reads `n}`, `n,}` or `n,m}`; a maximum of -1 is none. Anything else is ordinary text. */
  repeatCount(): readonly [number, number] | undefined {
    const match = /^(\d+)(?:(,)(\d*))?\}/.exec(this.pattern.slice(this.pos, this.pos + 40));
    if (match === null) return undefined;
    if (/^0\d/.test(match[1]!) || /^0\d/.test(match[3] ?? "")) return undefined;
    this.pos += match[0].length;
    const min = Number(match[1]);
    if (match[2] === undefined) return [min, min];
    return [min, match[3] === "" ? -1 : Number(match[3])];
  }
}
