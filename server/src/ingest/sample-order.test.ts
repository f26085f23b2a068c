import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sortByKey } from "./sample-order.ts";

describe("the order of samples", () => {
  it("is stable and by key", () => {
    const key = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
    fc.assert(
      fc.property(fc.array(key, { maxLength: 300 }), (keys) => {
        const order = Uint32Array.from(keys.keys());
        sortByKey(order, keys.length, Uint32Array.from(keys));
        expect([...order]).toEqual([...keys.keys()].sort((a, b) => keys[a]! - keys[b]!));
      }),
    );
  });
});
