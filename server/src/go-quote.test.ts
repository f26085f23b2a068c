import { expect, it } from "vitest";
import { goQuote, goQuoteRune, goUnicode } from "./go-quote.ts";

it("quotes strings as Go does", () => {
  expect(goQuote("it's\té")).toBe('"it\'s\\té"');
  expect(goQuote('a"b\\\n\u0001\u007f')).toBe('"a\\"b\\\\\\n\\x01\\x7f"');
  // A space that is not U+0020, a line separator, unassigned, private use; a symbol outside the first plane.
  expect(goQuote("\u00a0\u2028\u0378\u{f0000}😀")).toBe('"\\u00a0\\u2028\\u0378\\U000f0000😀"');
});

it("quotes single characters as Go does", () => {
  expect(["b", "'", '"', "\n", undefined].map(goQuoteRune)).toEqual([
    "'b'",
    "'\\''",
    "'\"'",
    "'\\n'",
    "'\uFFFD'",
  ]);
  expect(["z", "\u0007", "😀"].map(goUnicode)).toEqual(["U+007A 'z'", "U+0007", "U+1F600 '😀'"]);
});
