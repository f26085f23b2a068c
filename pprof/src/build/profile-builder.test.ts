import { describe, expect, it } from "vitest";
import { checkProfile } from "../check.ts";
import { NONE } from "../profile.ts";
import { textOf } from "../text/write.ts";
import { ProfileBuilder } from "./profile-builder.ts";

const sampleTypes = [
  { type: "samples", unit: "count" },
  { type: "cpu", unit: "nanoseconds" },
];

describe("ProfileBuilder", () => {
  it("interns everything and adds up equal samples", () => {
    const builder = new ProfileBuilder({
      sampleTypes,
      periodType: { type: "cpu", unit: "nanoseconds" },
      period: 10_000_000,
      timeNanos: 1_700_000_000_123_456_789n,
      durationNanos: 15e9,
      comments: ["c"],
    });
    const place = () => {
      const mapping = builder.mapping({
        filename: "app",
        start: 4096,
        limit: 2n ** 63n,
        hasFunctions: true,
      });
      const callee = builder.function({
        name: "parse",
        systemName: "_parse",
        filename: "p.ts",
        startLine: 3,
      });
      return builder.location({
        mapping,
        address: 2n ** 64n - 1n,
        lines: [{ function: callee, line: 7, column: 2 }],
      });
    };
    const labels = () =>
      builder.labelSet([
        { key: "span_id", str: "00000000000000ff" },
        { key: "bytes", num: -5n, unit: "bytes" },
      ]);
    builder.sample([place()], [1, 10_000_000n], labels());
    builder.sample(Int32Array.of(place()), [2n, 5], labels());
    builder.sample([], [-1, -(2 ** 40)]);
    const profile = builder.finish();
    checkProfile(profile);
    expect(textOf(profile)).toBe(
      `@types samples=count cpu=nanoseconds
@period cpu=nanoseconds 10000000
@time 1700000000123456789
@duration 15000000000
@comment c
parse@p.ts:7:2{0xffffffffffffffff,app} samples=3 cpu=10000005ns bytes:=-5bytes span_id="00000000000000ff"
- samples=-1 cpu=-1099511627776ns
`,
    );
    expect([...profile.functions.startLine]).toEqual([3n]);
    expect(profile.strings.get(profile.functions.systemName[0]!)).toBe("_parse");
    expect([...profile.mappings.limit]).toEqual([2n ** 63n]);
    expect([...profile.mappings.hasFunctions]).toEqual([1]);
    expect([...profile.mappings.hasInlineFrames]).toEqual([0]);
    expect([...profile.locations.id]).toEqual([1n]);
  });

  it("does not care for the order of labels", () => {
    const builder = new ProfileBuilder({ sampleTypes: [] });
    const a = { key: "a", str: "1" };
    const b = { key: "b", num: 2 };
    const c = { key: "c", str: "3" };
    expect(builder.labelSet([])).toBe(0);
    expect(builder.labelSet([c, a, b])).toBe(builder.labelSet([b, c, a]));
    expect(builder.labelSet([a, b])).not.toBe(builder.labelSet([a, c]));
  });

  it("puts other label sets in place at the end, and needs them for those left open", () => {
    const build = () => {
      const builder = new ProfileBuilder({ sampleTypes });
      const early = builder.labelSet([{ key: "id", str: "1" }]);
      const [open, other] = [builder.laterLabelSet(), builder.laterLabelSet()];
      for (const set of [early, open, 0, other, open]) builder.sample([], [1, 2], set);
      return { builder, early, open };
    };
    const { builder, early, open } = build();
    const late = builder.labelSet([{ key: "name", str: "a" }]);
    const last = builder.labelSet([{ key: "name", str: "b" }]);
    const profile = builder.finish((set) => (set === early ? late : set === open ? last : 0));
    checkProfile(profile);
    expect(textOf(profile).match(/samples=\d.*/g)).toEqual([
      "samples=1 cpu=2ns name=a",
      "samples=2 cpu=4ns name=b",
      "samples=1 cpu=2ns",
      "samples=1 cpu=2ns",
    ]);
    expect(() => build().builder.finish()).toThrow("[bad_index]");
  });

  it("refuses numbers that are no 64-bit integers", () => {
    const builder = new ProfileBuilder({ sampleTypes });
    for (const wrong of [0.5, Number.NaN, 2 ** 53, 2n ** 64n, -(2n ** 63n) - 1n]) {
      expect(() => builder.sample([], [1, wrong])).toThrow("[bad_number]");
      expect(() => builder.location({ address: wrong })).toThrow("[bad_number]");
      expect(() => builder.labelSet([{ key: "k", num: wrong }])).toThrow("[bad_number]");
    }
    expect(builder.finish().samples.length).toBe(0);
    expect(() => new ProfileBuilder({ sampleTypes, period: 0.5 }).finish()).toThrow("[bad_number]");
  });

  it("refuses indices that it did not hand out and values that are too few", () => {
    const builder = new ProfileBuilder({ sampleTypes });
    expect(() => builder.sample([0], [1, 1])).toThrow("[bad_index]");
    for (const set of [1, -1]) {
      expect(() => builder.sample([], [1, 1], set)).toThrow("[bad_index]");
    }
    expect(() => builder.sample([], [1])).toThrow("[bad_value_count]");
    expect(() => builder.location({ mapping: 0 })).toThrow("[bad_index]");
    expect(() => builder.location({ lines: [{ function: 0 }] })).toThrow("[bad_index]");
    builder.sample([NONE], [1, 1]);
    expect(builder.finish().faults.unknownLocations).toBe(1);
  });

  it("builds 10,000-frame stacks and 1,000-label samples", () => {
    const builder = new ProfileBuilder({ sampleTypes: [{ type: "n", unit: "count" }] });
    const stack = Array.from({ length: 10_000 }, (_, i) =>
      builder.location({ lines: [{ function: builder.function({ name: `f${i}` }) }] }),
    );
    const labels = Array.from({ length: 1_000 }, (_, i) => ({ key: `k${i}`, str: "v" }));
    builder.sample(stack, [1], builder.labelSet(labels.toReversed()));
    builder.sample(stack, [1], builder.labelSet(labels));
    const profile = builder.finish();
    checkProfile(profile);
    expect([profile.samples.length, profile.labels.length, profile.lines.length]).toEqual([
      1, 1_000, 10_000,
    ]);
  });
});
