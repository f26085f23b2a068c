import { describe, expect, it } from "vitest";
import { decodeFlameGraph } from "./decode.ts";
import { type Direction, moveFocus } from "./focus.ts";
import { nameOf } from "./frame-table.ts";
import { flameGraphOf, worked } from "./sample-graphs.ts";

const table = decodeFlameGraph(worked);

describe("moveFocus", () => {
  it.each<[number, number, Direction, string]>([
    [0, 0, "down", "a"],
    [0, 1, "down", "c"],
    [0, 2, "right", "c"],
    [0, 3, "left", "b"],
    [0, 3, "right", "c"],
    [0, 5, "up", "c"],
    [0, 0, "up", "total"],
    [0, 5, "down", "d"],
    // Zoomed into b, the way down from the callers leads to b, not to the larger c.
    [2, 1, "down", "b"],
    [2, 2, "right", "b"],
  ])("zoomed to %i, from frame %i %s leads to %s", (zoom, frame, direction, name) => {
    expect(nameOf(table, moveFocus(table, { zoom, width: 400 }, frame, direction))).toBe(name);
  });

  it("steps over frames that are too narrow to be seen", () => {
    const narrow = decodeFlameGraph(flameGraphOf({ a: 1000, b: 1, c: 1000 }));
    expect(nameOf(narrow, moveFocus(narrow, { zoom: 0, width: 100 }, 1, "right"))).toBe("c");
  });
});
