import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Int64Sum } from "./int64-sum.ts";

const MAX = 2n ** 63n - 1n;

describe("sums of int64", () => {
  it("are exact, and stay at the largest value", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: MAX }), { maxLength: 8 }), (values) => {
        const sum = new Int64Sum();
        for (const value of values) sum.add(Number(BigInt.asIntN(32, value)), Number(value >> 32n));
        const found = (BigInt(sum.high) << 32n) | BigInt(sum.low >>> 0);
        const exact = values.reduce((a, b) => a + b, 0n);
        expect(found).toBe(exact > MAX ? MAX : exact);
      }),
    );
  });
});
