import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, openEngine } from "../store/engine.ts";
import { decodeNative, numbersOf } from "../store/native-reader.ts";
import { sqlText, sqlTextArray } from "../store/sql-text.ts";
import { valueTest } from "./value-tester.ts";

let directory: string;
let engine: Engine;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pyrospan-values-"));
  engine = await openEngine(directory, { fsync: false });
});

afterAll(async () => {
  await engine?.close();
  await rm(directory, { recursive: true, force: true });
});

const piece = fc.constantFrom("a", "b", "ab", "", "-", "\\.", "\\-", ".*", ".+", "|", "/", " ");
const text = fc
  .array(fc.constantFrom("a", "b", "-", ".", "/", " ", "\n", "é", "😀", "|"), { maxLength: 6 })
  .map((chars) => chars.join(""));

describe("regular expressions decided here", () => {
  it("mean what the engine makes of them", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join("")),
        fc.uniqueArray(text, { minLength: 20, maxLength: 40 }),
        async (pattern, values) => {
          const test = valueTest({ name: "x", op: "=~", value: pattern });
          if (test === undefined) {
            expect(pattern).toMatch(/\.[*+]\.[*+]/);
            return;
          }
          const answer = await engine.query(
            `SELECT arrayJoin(arrayMap(v -> match(v, ${sqlText(`^(?s:${pattern})$`)}), ${sqlTextArray(values)})) AS m`,
          );
          const expected = Array.from(numbersOf(decodeNative(answer), "m"), Boolean);
          expect(values.map(test)).toEqual(expected);
          const negated = valueTest({ name: "x", op: "!~", value: pattern });
          expect(values.map(negated!)).toEqual(expected.map((matches) => !matches));
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each(["(a|b)", "a?", "a.", "[ab]", "a{2}", "\\d", "^a", "a$", "(?i)a", "é", "a*", "\\\\.*"])(
    "leave %s to the engine",
    (pattern) => {
      expect(valueTest({ name: "x", op: "=~", value: pattern })).toBeUndefined();
    },
  );

  it("compare with = and != exactly", () => {
    const is = valueTest({ name: "x", op: "=", value: "a.*" })!;
    const isNot = valueTest({ name: "x", op: "!=", value: "a.*" })!;
    expect([is("a.*"), is("ab"), isNot("a.*"), isNot("ab")]).toEqual([true, false, false, true]);
  });
});
