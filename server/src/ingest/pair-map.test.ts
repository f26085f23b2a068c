import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PairMap } from "./pair-map.ts";

describe("a map of pairs", () => {
  it.each([true, false])("finds what was added (spread %s)", (spread) => {
    const pair = fc.tuple(
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.integer({ min: 0, max: 9 }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(pair, { selector: String, maxLength: 500 }), (pairs) => {
        const map = new PairMap({ spread });
        for (const [i, [a, b]] of pairs.entries()) map.add(a, b, i + 1);
        expect(pairs.map(([a, b]) => map.get(a, b))).toEqual(pairs.map((_, i) => i + 1));
        expect(map.get(12_345, 77)).toBe(0);
      }),
    );
  });
});
