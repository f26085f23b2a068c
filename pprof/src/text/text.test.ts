import { describe, expect, it } from "vitest";
import { checkProfile } from "../check.ts";
import { profileFromText } from "./read.ts";
import { textOf } from "./write.ts";

describe("text form", () => {
  it("takes sample types and units from the first sample", () => {
    const profile = profileFromText(`
      main;handle;parse   cpu=30ms thread=worker
      main;gc             cpu=10ms
    `);
    checkProfile(profile);
    expect(textOf(profile)).toBe(
      "@types cpu=nanoseconds\nmain;handle;parse cpu=30ms thread=worker\nmain;gc cpu=10ms\n",
    );
    expect([...profile.samples.values]).toEqual([30_000_000n, 10_000_000n]);
    expect(profile.samples.locations[0]).toBe(2);
  });

  it.each([
    "",
    "@types cpu=nanoseconds samples=count\n",
    '@types "a b"="c d"\n- "a b"=5\n',
    '@types x=bytes\n@period x=bytes -5\n@time 1700000000123456789\n@duration -1\n@default x\n@drop ^a$\n@keep b\n@doc http://e.x/\n@comment one\n@comment "two words"\n',
    "@types x=bytes\na x=3KiB\nb x=1MiB\nc x=1025B\nd x=0B\ne x=-2KiB\n",
    "@types x=nanoseconds\na x=9223372036854775807ns\nb x=-9223372036854775808ns\nc x=2s\nd x=3us\n",
    "@types n=count\n- n=1\n? n=1\n??@:3 n=2\n?;a;?? n=3\n",
    '@types n=count\na@f.go:1;b@f.go:2:3|c@:4;{0xffffffff81000000,vmlinux};d{0x1};e{0x0,"folded"};f{0x0,folded} n=1\n',
    '@types n=count\n"";"a;b";"c|d";"e@f"@"g:h":5;"i{";"@types";"?";"-" n=1\n',
    '@types n=count\na n=1 "k=k"=v "k:k"="1" n1:=5 n2:=-7bytes n4:=1"b c"\n',
    "@types n=count\n日本;std::vector<int>::f;(anonymous) n=1 ключ=знач\n",
    '@types n=count\n"a\\nb\\"\u2028" n=1\n',
  ])("reads back what it wrote: %j", (text) => {
    const profile = profileFromText(text);
    checkProfile(profile);
    expect(textOf(profileFromText(textOf(profile)))).toBe(textOf(profile));
    expect(textOf(profile).split("\n").map(sortWords)).toEqual(text.split("\n").map(sortWords));
  });

  it.each([
    ["a cpu=1ms\nb wall=1ms", "line 2"],
    ["a", undefined],
    ["a cpu", "line 1"],
    ["a; cpu=1", "line 1"],
    ["@what 1", "line 1"],
    ["@types cpu", "line 1"],
    ["@period x", "line 1"],
    ["@types x=bytes\na x=1ms", "line 2"],
    ['a "k=1', "line 1"],
    ["a{12} n=1", "line 1"],
    ["a@f:x n=1", "line 1"],
    ["a n=1 k:=z", "line 1"],
  ])("refuses %j", (text, where) => {
    if (where === undefined) expect(() => profileFromText(text)).not.toThrow();
    else expect(() => profileFromText(text)).toThrow(`[bad_text] ${where}`);
  });
});

/** Labels are a set: their order in a line does not count. */
function sortWords(line: string): string {
  return line.split(" ").sort().join(" ");
}
