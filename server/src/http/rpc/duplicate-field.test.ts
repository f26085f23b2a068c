import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findDuplicateField } from "./duplicate-field.ts";

describe("findDuplicateField", () => {
  it.each([
    ['{"start":1,"start":2}', "start"],
    ['{"a":{"b":1,"b":1}}', "b"],
    ['{"a":[{"x":1},{"x":1,"y":2,"x":3}]}', "x"],
    ['{"\\u0061":1,"a":2}', "a"],
    ['{"a":1 , "b":"a" , "a" : 2}', "a"],
    ['{"a\\"":1,"a\\"":2}', 'a"'],
    ['{"a":"{\\"b\\":1,\\"b\\":2}"}', undefined],
    ['{"a":{"b":1},"b":{"a":1}}', undefined],
    ['{"a":"a","b":["a","a"]}', undefined],
    ["{}", undefined],
  ])("%j", (text, field) => {
    expect(findDuplicateField(text)).toBe(field);
  });

  it("finds nothing in what JSON.stringify wrote", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(findDuplicateField(JSON.stringify(value, undefined, 1))).toBeUndefined();
      }),
    );
  });
});
