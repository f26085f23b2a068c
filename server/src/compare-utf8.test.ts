import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareUtf8 } from "./compare-utf8.ts";

describe("compareUtf8", () => {
  it("orders as the bytes do", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareUtf8(a, b))).toBe(bytes);
      }),
    );
  });
});
