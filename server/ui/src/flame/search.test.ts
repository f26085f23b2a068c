import { describe, expect, it } from "vitest";
import { decodeFlameGraph } from "./decode.ts";
import { flameGraphOf } from "./sample-graphs.ts";
import { parseSearch, search, searchFor } from "./search.ts";

const table = decodeFlameGraph(
  flameGraphOf({ "main;parse;parseItem": 5, "main;parse": 2, "main;send;parse": 1, "main;gc": 4 }),
);

describe("search", () => {
  it("matches parts of names in any case and counts what is inside only once", () => {
    expect(found("PARSE")).toEqual({ names: ["parse", "parseItem"], functions: 2, total: 8 });
  });

  it("matches one function by its whole name", () => {
    expect(found(searchFor("parse"))).toEqual({ names: ["parse"], functions: 1, total: 8 });
  });

  it("matches the function without a name, as which the table shows it", () => {
    const nameless = decodeFlameGraph(flameGraphOf({ "main;": 3, "main;a=b": 2 }));
    expect(search(nameless, parseSearch(searchFor(""))!)).toMatchObject({ functions: 1, total: 3 });
  });

  it("matches regular expressions, and takes an unfinished one as text", () => {
    expect(found("/^(gc|send)$/").total).toBe(5);
    expect(found("/(gc/")).toEqual({ names: [], functions: 0, total: 0 });
  });

  it("never counts the root, which is no function", () => {
    expect(found("total")).toMatchObject({ functions: 0, total: 0 });
  });

  it("is off for blank text", () => {
    expect(parseSearch("  ")).toBeUndefined();
    expect(parseSearch("")).toBeUndefined();
  });
});

function found(text: string) {
  const { matches, functions, total } = search(table, parseSearch(text)!);
  const names = table.names.filter((_, index) => matches[index] === 1 && index > 0).sort();
  return { names, functions, total };
}
