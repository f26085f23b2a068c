import { describe, expect, it } from "vitest";
import { HIGH, int64At, LOW, splitInt64, uint64At, wordsOf } from "./int64.ts";

describe("words of 64-bit columns", () => {
  it("shares the memory of a column that does not begin at its buffer", () => {
    const column = new BigInt64Array(new ArrayBuffer(32), 8, 2);
    column[1] = -2n;
    const words = wordsOf(column);
    expect([words[2 + LOW], words[2 + HIGH]]).toEqual([-2, -1]);
    words[LOW] = 7;
    expect(column[0]).toBe(7n);
  });

  it("hands out numbers, exact within 2^53 and signed as the column", () => {
    const signed = wordsOf(BigInt64Array.of(-1n, 2n ** 53n - 1n, -(2n ** 53n) + 1n, 5n));
    expect([0, 1, 2, 3].map((i) => int64At(signed, i))).toEqual([
      -1,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
      5,
    ]);
    expect(uint64At(wordsOf(BigUint64Array.of(2n ** 64n - 2048n)), 0)).toBe(2 ** 64 - 2048);
  });
});

describe("splitInt64", () => {
  it.each([0, 1, -1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, -(2 ** 53) + 1, -5_000_000_000])(
    "agrees for the number and the bigint %d",
    (value) => {
      const fromNumber = new Int32Array(2);
      const fromBigint = new Int32Array(2);
      expect(splitInt64(value, fromNumber, 0)).toBe(true);
      expect(splitInt64(BigInt(value), fromBigint, 0)).toBe(true);
      expect(fromNumber).toEqual(fromBigint);
    },
  );

  it.each([Number.NaN, 1.5, 2 ** 53, Number.POSITIVE_INFINITY, 2n ** 64n, -(2n ** 63n) - 1n])(
    "does not take %d",
    (value) => {
      expect(splitInt64(value, new Int32Array(2), 0)).toBe(false);
    },
  );
});
