import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeTree } from "../../test/decode-tree.ts";
import { textOfTree, treeFromText } from "../../test/tree-text.ts";
import { runAtOnce } from "./sliced.ts";
import { encodeTree } from "./tree-bytes.ts";

const encode = (text: string): Uint8Array => runAtOnce(encodeTree(treeFromText(text)));

describe("tree bytes", () => {
  it("are those of the original", () => {
    const tree = "main 4, main;s2 14, main;s1 7, main;d 2, main;a 4";
    // Taken apart by hand: root, main (4 children), s2, s1, d, a.
    expect(Buffer.from(encode(tree)).toString("base64")).toBe(
      "AAABBG1haW4EBAJzMg4AAnMxBwABZAIAAWEEAA==",
    );
  });

  it("are none for an empty tree", () => {
    expect(encode("")).toHaveLength(0);
  });

  it("decode to the same tree", () => {
    const name = fc.string({ minLength: 1, maxLength: 4 }).filter((text) => !/[;,\s]/.test(text));
    const value = fc.oneof(fc.nat(), fc.constant("9223372036854775807"));
    const line = fc
      .tuple(fc.array(name, { minLength: 1, maxLength: 6 }), value)
      .map(([path, v]) => `${path.join(";")} ${v}`);
    fc.assert(
      fc.property(fc.uniqueArray(line, { selector: (text) => text.split(" ")[0] }), (lines) => {
        const tree = treeFromText(lines.join("\n"));
        const bytes = runAtOnce(encodeTree(tree));
        expect(textOfTree(decodeTree(bytes))).toBe(textOfTree(tree));
      }),
    );
  });

  it("that end early are refused", () => {
    const bytes = encode("a;b 1000, c 2");
    for (let length = 2; length < bytes.length; length++) {
      expect(() => decodeTree(bytes.subarray(0, length))).toThrow(RangeError);
    }
  });
});
