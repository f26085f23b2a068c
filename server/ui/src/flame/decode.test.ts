import { describe, expect, it } from "vitest";
import { decodeFlameGraph, FlameGraphError } from "./decode.ts";
import { isEmpty, nameOf, pathTo } from "./frame-table.ts";
import { worked } from "./sample-graphs.ts";

describe("decodeFlameGraph", () => {
  it("reads the worked example: offsets, totals, parents and children", () => {
    const table = decodeFlameGraph(worked);
    expect([...table.levelStart]).toEqual([0, 1, 2, 4, 6]);
    expect([...table.start]).toEqual([0, 0, 0, 1, 0, 3]);
    expect([...table.total]).toEqual([4, 4, 1, 3, 1, 1]);
    expect([...table.self]).toEqual([0, 0, 0, 2, 1, 1]);
    expect([...table.parent]).toEqual([-1, 0, 1, 1, 2, 3]);
    expect(pathTo(table, 5).map((frame) => nameOf(table, frame))).toEqual(["total", "a", "c", "d"]);
    expect([table.firstChild[1], table.childCount[1]]).toEqual([2, 2]);
    expect(table.childCount[5]).toBe(0);
  });

  it("takes numbers and texts alike", () => {
    const levels = worked.levels.map(({ values }) => ({ values: values.map(Number) }));
    expect(decodeFlameGraph({ ...worked, levels })).toEqual(decodeFlameGraph(worked));
  });

  it("takes no data, in each way servers write it", () => {
    const rootOnly = { names: ["total"], levels: [{ values: ["0", "0", "0", "0"] }] };
    for (const json of [undefined, {}, rootOnly]) {
      const table = decodeFlameGraph(json);
      expect(table.length).toBe(1);
      expect(isEmpty(table)).toBe(true);
    }
  });

  it.each([
    ["a level is cut", { names: ["total"], levels: [{ values: ["0", "1", "0"] }] }],
    ["a name is missing", { names: ["total"], levels: [{ values: ["0", "1", "0", "1"] }] }],
    ["a total is negative", { names: ["total"], levels: [{ values: ["0", "-1", "0", "0"] }] }],
    ["a number is none", { names: ["total"], levels: [{ values: ["x", "1", "0", "0"] }] }],
    ["there are two roots", { names: ["t"], levels: [{ values: [0, 1, 0, 0, 0, 1, 0, 0] }] }],
  ])("refuses a flame graph where %s", (_what, json) => {
    expect(() => decodeFlameGraph(json)).toThrow(FlameGraphError);
  });
});
