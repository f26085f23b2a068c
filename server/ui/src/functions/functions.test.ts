import { describe, expect, it } from "vitest";
import { decodeFlameGraph } from "../flame/decode.ts";
import { flameGraphOf } from "../flame/sample-graphs.ts";
import { defaultSort, formatSort, parseSort, sortFunctions, toggleSort } from "./sort.ts";
import { summarizeFunctions } from "./summarize.ts";
import { visibleRows } from "./visible-rows.ts";

describe("summarizeFunctions", () => {
  it("adds up a function's frames and counts recursion once", () => {
    const table = decodeFlameGraph(
      flameGraphOf({
        "main;walk;walk;walk": 4,
        "main;walk;visit": 3,
        "main;visit;walk": 2,
        main: 1,
      }),
    );
    const byLabel = Object.fromEntries(
      summarizeFunctions(table).map(({ label, self, total }) => [label, { self, total }]),
    );
    expect(byLabel).toEqual({
      main: { self: 1, total: 10 },
      walk: { self: 6, total: 9 },
      visit: { self: 3, total: 5 },
    });
  });

  it("takes stacks of any depth", () => {
    const deep = Array.from({ length: 20_000 }, (_, i) => `f${i % 7}`).join(";");
    const summary = summarizeFunctions(decodeFlameGraph(flameGraphOf({ [deep]: 2 })));
    expect(summary.map((each) => each.total)).toEqual([2, 2, 2, 2, 2, 2, 2]);
  });

  it("is empty without data", () => {
    expect(summarizeFunctions(decodeFlameGraph({}))).toEqual([]);
  });
});

describe("sorting", () => {
  const functions = [
    { name: 1, label: "b", self: 1, total: 9 },
    { name: 2, label: "a", self: 1, total: 5 },
    { name: 3, label: "c", self: 4, total: 4 },
  ];
  const order = (text: string) =>
    sortFunctions(functions, parseSort(text))
      .map(({ label }) => label)
      .join("");

  it("sorts by each column, equal values by name", () => {
    expect(order("")).toBe("cab");
    expect(order("self")).toBe("abc");
    expect(order("-total")).toBe("bac");
    expect(order("name")).toBe("abc");
    expect(order("-name")).toBe("cba");
  });

  it("survives the address", () => {
    for (const text of ["", "self", "total", "-total", "name", "-name"]) {
      expect(formatSort(parseSort(text))).toBe(text);
    }
    expect(parseSort("nonsense")).toEqual(defaultSort);
  });

  it("turns around on a second click and starts with the largest values", () => {
    expect(toggleSort(defaultSort, "self")).toEqual({ column: "self", descending: false });
    expect(toggleSort(defaultSort, "total")).toEqual({ column: "total", descending: true });
    expect(toggleSort(defaultSort, "name")).toEqual({ column: "name", descending: false });
  });
});

describe("visibleRows", () => {
  it("covers the screen and never leaves the list", () => {
    expect(visibleRows(1000, 24, 2400, 240)).toEqual({ first: 92, last: 118 });
    expect(visibleRows(5, 24, 0, 240)).toEqual({ first: 0, last: 5 });
    expect(visibleRows(5, 24, 9999, 240)).toEqual({ first: 5, last: 5 });
    expect(visibleRows(0, 24, 0, 240)).toEqual({ first: 0, last: 0 });
  });
});
