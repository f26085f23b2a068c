import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runAtOnce, STEP_ITEMS, sortedList } from "./sliced.ts";

describe("sorting in steps", () => {
  it("sorts as the built-in sort does, equal items in their order", () => {
    const lengths = fc.constantFrom(0, 1, STEP_ITEMS, STEP_ITEMS + 1, 3 * STEP_ITEMS + 7);
    fc.assert(
      fc.property(lengths, fc.array(fc.nat(9), { minLength: 1, maxLength: 50 }), (length, some) => {
        const items = Array.from({ length }, (_, i) => [some[i % some.length]!, i] as const);
        const compare = (a: readonly [number, number], b: readonly [number, number]) => a[0] - b[0];
        expect(runAtOnce(sortedList(items, compare))).toEqual(items.toSorted(compare));
      }),
      { numRuns: 20 },
    );
  });
});
