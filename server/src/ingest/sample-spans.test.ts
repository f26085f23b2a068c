import { describe, expect, it } from "vitest";
import { hexBytes } from "./sample-spans.ts";

describe("span and trace ids", () => {
  it.each([
    ["0102030405060708", [1, 2, 3, 4, 5, 6, 7, 8]],
    ["ABCDEFabcdef0099", [0xab, 0xcd, 0xef, 0xab, 0xcd, 0xef, 0, 0x99]],
    ["0000000000000000", undefined],
    ["010203040506070", undefined],
    ["010203040506070g", undefined],
    ["01020304050607:8", undefined],
  ])("%s", (text, expected) => {
    const bytes = hexBytes(Buffer.from(text), 8);
    expect(bytes && [...bytes]).toEqual(expected);
  });
});
