import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkProfile } from "./check.ts";
import { mergeProfiles } from "./merge.ts";
import { ProfileError } from "./profile-error.ts";
import { profileFromText } from "./text/read.ts";
import { textOf } from "./text/write.ts";

const lines = (text: string) => text.split("\n").sort();

describe("mergeProfiles", () => {
  it("adds samples of equal stacks and labels, whatever their place in each profile", () => {
    const merged = mergeProfiles([
      profileFromText(`
        @types cpu=nanoseconds
        main;parse cpu=30ms route=/a thread=1x
        main;gc{0x10,libc.so} cpu=1ms
      `),
      profileFromText(`
        @types cpu=nanoseconds
        other cpu=5ms
        main;gc{0x10,libc.so} cpu=2ms
        main;parse cpu=4ms thread=1x route=/a
        main;parse cpu=7ms
      `),
    ]);
    checkProfile(merged);
    expect(lines(textOf(merged))).toEqual(
      lines(
        textOf(
          profileFromText(`
            @types cpu=nanoseconds
            main;parse cpu=34ms route=/a thread=1x
            main;gc{0x10,libc.so} cpu=3ms
            other cpu=5ms
            main;parse cpu=7ms
          `),
        ),
      ),
    );
    expect(merged.functions.length).toBe(4);
    expect(merged.mappings.length).toBe(1);
  });

  it("keeps apart what differs in one detail", () => {
    const variants = [
      "f",
      "f@a",
      "f@a:1",
      "f@a:1:2",
      "f|f",
      "f;f",
      "f{0x1}",
      "f{0x0,m}",
      "f{0x0,folded}",
    ];
    const profiles = variants.map((stack) => profileFromText(`${stack} cpu=1ms`));
    expect(mergeProfiles(profiles).samples.length).toBe(variants.length);
  });

  it("begins with the earliest, lasts as long as all, collects comments", () => {
    const head = "@types cpu=nanoseconds\n";
    const merged = mergeProfiles([
      profileFromText(`${head}@period 5\n@time 200\n@duration 10\n@comment a`),
      profileFromText(
        `${head}@period cpu=nanoseconds 9\n@time 100\n@duration 7\n@comment b\n@default cpu`,
      ),
      profileFromText(`${head}@comment a\n@doc http://x`),
    ]);
    expect(textOf(merged)).toBe(
      `${head}@period cpu=nanoseconds 9\n@time 100\n@duration 17\n@default cpu\n@doc http://x\n@comment a\n@comment b\n`,
    );
  });

  it("keeps totals in any order", () => {
    const sample = fc.record({
      stack: fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 }),
      label: fc.option(fc.constantFrom("x", "y")),
      value: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
    });
    const profile = fc
      .array(sample, { maxLength: 8 })
      .map((samples) =>
        profileFromText(
          `@types n=count\n${samples
            .map(
              ({ stack, label, value }) =>
                `${stack.join(";")} n=${value}${label ? ` l=${label}` : ""}`,
            )
            .join("\n")}`,
        ),
      );
    const total = (values: BigInt64Array) => values.reduce((sum, value) => sum + value, 0n);
    fc.assert(
      fc.property(fc.array(profile, { minLength: 1, maxLength: 5 }), (profiles) => {
        const sum = profiles.reduce((all, { samples }) => all + total(samples.values), 0n);
        const forward = mergeProfiles(profiles);
        const backward = mergeProfiles(profiles.toReversed());
        const nested = mergeProfiles([forward]);
        for (const merged of [forward, backward, nested]) checkProfile(merged);
        expect(BigInt.asIntN(64, total(forward.samples.values))).toBe(BigInt.asIntN(64, sum));
        expect(lines(textOf(backward))).toEqual(lines(textOf(forward)));
        expect(lines(textOf(nested))).toEqual(lines(textOf(forward)));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ["no_profiles", []],
    ["sample_types_differ", ["a cpu=1ms", "a cpu=1ms wall=1ms"]],
    ["sample_types_differ", ["a cpu=1ms", "a cpu=1B"]],
    ["sample_types_differ", ["a cpu=1ms", "a wall=1ms"]],
  ])("refuses: %s", (code, texts) => {
    const merge = () => mergeProfiles(texts.map(profileFromText));
    expect(merge).toThrow(ProfileError);
    expect(merge).toThrow(code);
  });
});
