import { describe, expect, it } from "vitest";
import { firstInvalidUtf8, stringTable } from "./strings.ts";

function table(...parts: (string | number[])[]) {
  const bytes = parts.map((part) => Buffer.from(part as string));
  const end = Int32Array.from(bytes, (_, i) => Buffer.concat(bytes.slice(0, i + 1)).length);
  const start = Int32Array.from(bytes, (part, i) => end[i]! - part.length);
  return stringTable(new Uint8Array(Buffer.concat(bytes)), start, end);
}

describe("string table", () => {
  it.each([
    "",
    "main",
    "日本語",
    "a".repeat(1_000),
    "é".repeat(500),
    "\u0000\u001b\n;",
    "\ufeffbom",
  ])("reads %j", (text) => {
    expect(table("x", text, "y").get(1)).toBe(text);
    expect(Buffer.from(table("x", text, "y").bytes(1)).toString()).toBe(text);
  });

  it("has nothing outside", () => {
    const strings = table("a");
    expect([strings.get(-1), strings.get(1)]).toEqual(["", ""]);
    expect(strings.bytes(-1)).toHaveLength(0);
  });

  it("shows broken bytes as U+FFFD and finds the first of them", () => {
    const strings = table("ok", "é", [0x66, 0xff], [0xc0, 0x80]);
    expect(strings.get(2)).toBe("f\ufffd");
    expect(firstInvalidUtf8(strings)).toBe(2);
    expect(firstInvalidUtf8(table("ok", "é"))).toBe(-1);
  });

  it.each([
    ["overlong", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["cut short", [0xe2, 0x82]],
  ])("takes %s for broken", (_, bytes) => {
    expect(firstInvalidUtf8(table(bytes))).toBe(0);
  });
});
