import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSeriesName, SeriesNameError } from "./series-name.ts";

function parsed(text: string): [string, Record<string, string>] {
  const { app, labels } = parseSeriesName(text);
  return [app, Object.fromEntries(labels)];
}

describe("parseSeriesName", () => {
  it.each<[string, string, Record<string, string>]>([
    ["foo", "foo", {}],
    ["foo{}", "foo", {}],
    ["foo{bar=1,baz=2}", "foo", { bar: "1", baz: "2" }],
    [" foo { bar = 1 , baz = 2 } ", "foo", { bar: "1", baz: "2" }],
    ["foo{a=b", "foo", {}],
    ["foo{a=b,c=d", "foo", { a: "b" }],
    ["foo{a=1}b=2}", "foo", { a: "1", b: "2" }],
    ["foo{}b=2}", "foo", {}],
    ["foo{a=1,a=2}", "foo", { a: "2" }],
    ['foo{a="q",b=x=y,c=}', "foo", { a: '"q"', b: "x=y", c: "" }],
    ["foo{__name__=other,a=1}", "other", { a: "1" }],
    ["ref/n12_x.y-z", "ref/n12_x.y-z", {}],
    ["foo{a.b=é b}", "foo", { "a.b": "é b" }],
    ["foo{a=1}}b=2}", "foo", { a: "1" }],
  ])("%j", (text, app, labels) => {
    expect(parsed(text)).toEqual([app, labels]);
  });

  it.each([
    ["", "name: service name is required"],
    ["{a=b}", "name: service name is required"],
    ["foo bar", "name: invalid service name: foo bar: character is not allowed: ' '"],
    ["réf", "name: invalid service name: réf: character is not allowed: 'é'"],
    ["foo{=v}", "name: label name is required"],
    ["foo{a-b=v}", "name: invalid label name: a-b: character is not allowed: '-'"],
  ])("refuses %j", (text, message) => {
    expect(() => parseSeriesName(text)).toThrow(new SeriesNameError(message));
  });

  it("gives a name or a SeriesNameError for any text", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[ab{}=, "_.]{0,60}$/));
    fc.assert(
      fc.property(text, (input) => {
        try {
          expect(parseSeriesName(input).app).not.toBe("");
        } catch (error) {
          if (!(error instanceof SeriesNameError)) expect(input).toContain("__name__");
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("reads back what it was made from", () => {
    const key = fc.stringMatching(/^[A-Za-z0-9_.]{1,20}$/).filter((text) => text !== "__name__");
    const value = fc.stringMatching(/^[^,}]{0,20}$/).map((text) => text.trim());
    fc.assert(
      fc.property(fc.dictionary(key, value, { minKeys: 1 }), (labels) => {
        const pairs = Object.entries(labels).map(([name, text]) => `${name}=${text}`);
        expect(parsed(`app{${pairs.join(",")}}`)).toEqual(["app", { ...labels }]);
      }),
    );
  });
});
