import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseLabelSelector, SelectorError } from "./label-selector.ts";

describe("label selector", () => {
  it.each([
    ["{}", []],
    ["{ }", []],
    ['{a="b"}', [["a", "=", "b"]]],
    ['{a="b", }', [["a", "=", "b"]]],
    [
      '{a="b",c!="d",e=~"re",f!~"x|y"} ',
      [
        ["a", "=", "b"],
        ["c", "!=", "d"],
        ["e", "=~", "re"],
        ["f", "!~", "x|y"],
      ],
    ],
    ["{a='b'}", [["a", "=", "b"]]],
    ["{a=`b\\n`}", [["a", "=", "b\\n"]]],
    ['{"service.name"="x"}', [["service.name", "=", "x"]]],
    ['{"cpu"}', [["__name__", "=", "cpu"]]],
    [
      'process_cpu{a="b"}',
      [
        ["a", "=", "b"],
        ["__name__", "=", "process_cpu"],
      ],
    ],
    ["process_cpu", [["__name__", "=", "process_cpu"]]],
    ["sum{}", [["__name__", "=", "sum"]]],
    [
      "process_cpu:cpu:nanoseconds:cpu:nanoseconds{}",
      [["__profile_type__", "=", "process_cpu:cpu:nanoseconds:cpu:nanoseconds"]],
    ],
    [
      '{a="b",a="c"}',
      [
        ["a", "=", "b"],
        ["a", "=", "c"],
      ],
    ],
    ['{a="\\u00e4\\x41\\101\\"\\t"}', [["a", "=", 'äAA"\t']]],
    ['{a="b"} # comment\n', [["a", "=", "b"]]],
    ['{on="x"}', [["on", "=", "x"]]],
  ])("%s", (text, expected) => {
    const matchers = parseLabelSelector(text).map(({ name, op, value }) => [name, op, value]);
    expect(matchers).toEqual(expected);
  });

  it.each([
    ["", "unknown position: parse error: unexpected end of input"],
    [" ", "1:2: parse error: unexpected end of input"],
    ["{", "1:2: parse error: unexpected end of input inside braces"],
    ['{service_name="ref-q"', "1:22: parse error: unexpected end of input inside braces"],
    ["!bad_syntax!", "1:1: parse error: unexpected character after '!': 'b'"],
    ['{service_name="ref-q"}[5m]', '1:23: parse error: unexpected "["'],
    ['{service_name=~"("}', "1:2: parse error: error parsing regexp: missing closing ): `(`"],
    ['service_name="ref-gf"', '1:13: parse error: unexpected "="'],
    ["{=}", '1:2: parse error: unexpected "=" in label matching, expected identifier or "}"'],
    [
      "{a b}",
      '1:4: parse error: unexpected identifier "b" in label matching, expected label matching operator',
    ],
    ["{a=b}", '1:4: parse error: unexpected identifier "b" in label matching, expected string'],
    [
      '{a="b" c="d"}',
      '1:8: parse error: unexpected identifier "c" in label matching, expected "," or "}"',
    ],
    ["{,}", '1:2: parse error: unexpected "," in label matching, expected identifier or "}"'],
    ["a{{", "1:3: parse error: unexpected left brace '{'"],
    ['{a="b}', "1:4: parse error: unterminated quoted string"],
    ['{a="\\q"}', "1:4: parse error: unknown escape sequence U+0071 'q'"],
    ["{a!b}", "1:3: parse error: unexpected character after '!' inside braces: 'b'"],
    ["a b", '1:3: parse error: unexpected identifier "b"'],
    ["5", '1:1: parse error: unexpected number "5"'],
    ["on{}", "1:1: parse error: unexpected <on>"],
    ['{\n  a=~"["}', "2:3: parse error: error parsing regexp: missing closing ]: `[`"],
  ])("%j is refused", (text, message) => {
    expect(() => parseLabelSelector(text)).toThrow(new SelectorError(message));
  });

  it("throws nothing but its own error", () => {
    const piece = fc.constantFrom(
      ..."{}=!~,\"'`\\#[]()<>:a_5é \n",
      '="x"',
      "\\x",
      "\\u12",
      '=~"("',
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parseLabelSelector(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SelectorError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
