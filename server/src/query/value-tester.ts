import type { LabelMatcher } from "./label-selector.ts";

/**
 * Whether the value of a label fulfils a matcher, as the engine decides it; undefined for regular expressions beyond
 * alternatives of letters, digits, some punctuation, `.*` and `.+`. These need no backtracking and mean the same in
 * every dialect; the others are left to the engine's RE2.
 */
export function valueTest({ op, value }: LabelMatcher): ValueTest | undefined {
  switch (op) {
    case "=":
      return (text) => text === value;
    case "!=":
      return (text) => text !== value;
    case "=~":
      return patternTest(value);
    case "!~": {
      const test = patternTest(value);
      return test === undefined ? undefined : (text) => !test(text);
    }
  }
}

export type ValueTest = (value: string) => boolean;

const PLAIN = /^(?:[A-Za-z0-9_/:@,=~ -]|\\[./:@,=~-]|\.[*+](?!\.[*+])|\|)*$/;

function patternTest(pattern: string): ValueTest | undefined {
  if (!PLAIN.test(pattern)) return undefined;
  const tests = pattern.split("|").map(alternativeTest);
  return (text) => tests.some((test) => test(text));
}

/** Texts in a row, with anything between them (`.*`) or at least one character (`.+`). */
function alternativeTest(pattern: string): ValueTest {
  const parts = pattern.split(/(?<!\\)\.([*+])/);
  const texts = parts.filter((_, i) => i % 2 === 0).map((part) => part.replaceAll("\\", ""));
  const gaps = parts.filter((_, i) => i % 2 === 1).map((star) => (star === "+" ? 1 : 0));
  const first = texts[0]!;
  const last = texts.at(-1)!;
  if (gaps.length === 0) return (text) => text === first;
  return (text) => {
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    // Where a text between the first and the last stands leftmost leaves most room for those after it.
    let at = first.length;
    for (let i = 1; i < texts.length - 1; i++) {
      const found = text.indexOf(texts[i]!, at + gaps[i - 1]!);
      if (found < 0) return false;
      at = found + texts[i]!.length;
    }
    return at + gaps.at(-1)! <= text.length - last.length;
  };
}
