import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkJson } from "./check-json.ts";

/** The field that comes twice, if one does. */
function duplicateIn(text: string): string | undefined {
  try {
    checkJson(text);
    return undefined;
  } catch (error) {
    return JSON.parse(String(error).replace(/^Error: duplicate field /, "")) as string;
  }
}

describe("fields that come twice", () => {
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
  ])("%j: %s", (text, field) => {
    expect(duplicateIn(text)).toBe(field);
  });

  it("are not found in what JSON.stringify wrote", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        checkJson(JSON.stringify(value, undefined, 1));
      }),
    );
  });
});

it("counts fields that no comma parts: none is kept past the bound", () => {
  const fields = Array.from({ length: 100_010 }, (_, i) => `"${i}":`);
  expect(() => checkJson(`{${fields.join("")}`)).toThrow(
    "more than 100000 messages and list elements",
  );
});
