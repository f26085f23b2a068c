import { describe, expect, it } from "vitest";
import { decodeFlameGraph } from "./decode.ts";
import { nameOf } from "./frame-table.ts";
import { flameGraphOf, worked } from "./sample-graphs.ts";
import { findZoom, zoomKey } from "./zoom-key.ts";

describe("zoomKey and findZoom", () => {
  it("find every frame again", () => {
    const table = decodeFlameGraph(worked);
    for (let frame = 0; frame < table.length; frame++) {
      expect(findZoom(table, zoomKey(table, frame))).toBe(frame);
    }
  });

  it("find the same stack in other data", () => {
    const before = decodeFlameGraph(flameGraphOf({ "main;work;deep": 5, "main;idle": 1 }));
    const after = decodeFlameGraph(
      flameGraphOf({ "main;aaa;deep": 9, "main;work;deep": 1, "main;work;new": 3, zzz: 1 }),
    );
    const frame = findZoom(after, zoomKey(before, before.length - 1));
    expect(nameOf(after, frame)).toBe("deep");
    expect(after.total[frame]).toBe(1);
  });

  it("tell stacks with the same letters apart", () => {
    const table = decodeFlameGraph(flameGraphOf({ "ab;c": 1, "a;bc": 1 }));
    expect(zoomKey(table, 3)).not.toBe(zoomKey(table, 4));
  });

  it("lead to the root when there is no such stack, whatever the text", () => {
    const table = decodeFlameGraph(worked);
    for (const key of ["", "2.zzzzz", "99.1", "-1.5", "x", "1.", "NaN.NaN"]) {
      expect(findZoom(table, key)).toBe(0);
    }
  });
});
