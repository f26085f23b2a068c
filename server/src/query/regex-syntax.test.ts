import { describe, expect, it } from "vitest";
import { regexProblem } from "./regex-syntax.ts";

describe("regular expressions", () => {
  it.each([
    "",
    "a|b",
    ".*",
    "(a)(?:b)(?P<n>c)(?<m>d)",
    "(?i)a(?s-m:b)",
    "[a-z0-9_\\-]+?",
    "[]a]",
    "[^]a]",
    "a{2}",
    "a{2,}b{1,3}?",
    "a{",
    "{",
    "a{1",
    "\\d\\pL\\p{Greek}\\P{Lu}",
    "\\Qa(b\\E",
    "[[:alpha:]\\d]",
    "\\x41\\x{1F600}\\101",
    "a**b".replace("**", "*"),
    "\\bfoo\\b",
    "^a$",
    "\\.",
    "é+",
  ])("%j is fine", (pattern) => {
    expect(regexProblem(pattern)).toBeUndefined();
  });

  it.each([
    ["(", "missing closing ): `(`"],
    ["a(b", "missing closing ): `a(b`"],
    ["a)", "unexpected ): `a)`"],
    ["[a", "missing closing ]: `[a`"],
    ["x[", "missing closing ]: `[`"],
    ["*", "missing argument to repetition operator: `*`"],
    ["a|*", "missing argument to repetition operator: `*`"],
    ["(+)", "missing argument to repetition operator: `+`"],
    ["a**", "invalid nested repetition operator: `**`"],
    ["a{1001}", "invalid repeat count: `{1001}`"],
    ["a{3,2}", "invalid repeat count: `{3,2}`"],
    ["\\", "trailing backslash at end of expression: ``"],
    ["\\y", "invalid escape sequence: `\\y`"],
    ["[z-a]", "invalid character class range: `z-a`"],
    ["[[:foo:]]", "invalid character class range: `[:foo:]`"],
    ["(?=a)", "invalid or unsupported Perl syntax: `(?=`"],
    ["(?!a)", "invalid or unsupported Perl syntax: `(?!`"],
    ["(?<=a)", "invalid or unsupported Perl syntax: `(?<`"],
    ["(?P<a", "invalid named capture: `(?P<a`"],
    ["(?P<a-b>c)", "invalid named capture: `(?P<a-b>`"],
  ])("%j is refused", (pattern, problem) => {
    expect(regexProblem(pattern)).toBe(problem);
  });
});
