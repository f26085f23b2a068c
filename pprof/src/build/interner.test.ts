import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StringInterner, TupleInterner } from "./interner.ts";

describe("interners against a Map", () => {
  it("number tuples in the order they come", () => {
    const tuple = fc.array(fc.integer({ min: -2, max: 3 }), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(tuple, { maxLength: 300 }), (tuples) => {
        const interner = new TupleInterner();
        const model = new Map<string, number>();
        for (const words of tuples) {
          const key = words.join();
          if (!model.has(key)) model.set(key, model.size);
          const padded = Int32Array.from([9, ...words, 9]);
          expect(interner.intern(padded, 1, padded.length - 1)).toBe(model.get(key));
        }
        expect(interner.length).toBe(model.size);
      }),
    );
  });

  it("number strings in the order they come, whether given as text or as bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 3 })), (texts) => {
        const interner = new StringInterner();
        const model = new Map([["", 0]]);
        for (const [i, text] of texts.entries()) {
          if (!model.has(text)) model.set(text, model.size);
          const bytes = new TextEncoder().encode(text);
          const index =
            i % 2 === 0 ? interner.intern(text) : interner.internBytes(bytes, 0, bytes.length);
          expect(index).toBe(model.get(text));
        }
        const { data, start, end } = interner.toRanges();
        const back = Array.from(start, (from, i) =>
          Buffer.from(data.subarray(from, end[i])).toString(),
        );
        expect(back).toEqual([...model.keys()]);
      }),
    );
  });

  it("grow past many entries", () => {
    const interner = new TupleInterner();
    const words = new Int32Array(2);
    for (const pass of [1, 2]) {
      for (let i = 0; i < 50_000; i++) {
        words[0] = i;
        words[1] = i * 65_536;
        if (interner.intern(words, 0, 2) !== i) expect.fail(`tuple ${i} in pass ${pass}`);
      }
    }
  });
});
