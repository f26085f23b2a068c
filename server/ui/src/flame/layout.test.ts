import { describe, expect, it } from "vitest";
import { decodeFlameGraph } from "./decode.ts";
import { type FrameTable, NO_FRAME, nameOf } from "./frame-table.ts";
import { deepestLevel, frameAt, isWithin, type Viewport, visitLevel } from "./layout.ts";
import { flameGraphOf, worked } from "./sample-graphs.ts";

const table = decodeFlameGraph(worked);

describe("visitLevel", () => {
  it("spreads the root over the width and its descendants below", () => {
    expect(bars(table, { zoom: 0, width: 400 }, 2)).toEqual(["b 0+100", "c 100+300"]);
    expect(bars(table, { zoom: 0, width: 400 }, 3)).toEqual(["e 0+100", "d 300+100"]);
  });

  it("shows callers of the zoomed frame over the whole width, and nothing beside it", () => {
    const viewport = { zoom: 3, width: 300 };
    expect([0, 1, 2, 3].map((level) => bars(table, viewport, level))).toEqual([
      ["total 0+300"],
      ["a 0+300"],
      ["c 0+300"],
      ["d 200+100"],
    ]);
  });

  it("draws nothing where there is nothing", () => {
    expect(bars(decodeFlameGraph({}), { zoom: 0, width: 100 }, 0)).toEqual([]);
    expect(bars(table, { zoom: 0, width: 100 }, 9)).toEqual([]);
  });

  it("draws runs below a pixel together, and visits pixels, not frames", () => {
    const stacks: Record<string, number> = { "main;zz": 100_000 };
    for (let i = 0; i < 100_000; i++) stacks[`main;f${String(i).padStart(6, "0")}`] = 1;
    const big = decodeFlameGraph(flameGraphOf(stacks));
    const visited: [number, number, number][] = [];
    visitLevel(big, { zoom: 0, width: 1000 }, 2, (frame, x, width) =>
      visited.push([frame, x, width]),
    );
    expect(visited).toHaveLength(2);
    expect(visited[0]).toEqual([NO_FRAME, 0, 500]);
    expect(visited[1]!.slice(1)).toEqual([500, 500]);
  });

  it("keeps a wide frame between slivers", () => {
    const stacks: Record<string, number> = { m: 5000 };
    for (let i = 0; i < 1000; i++) stacks[`a${String(i).padStart(4, "0")}`] = 1;
    for (let i = 0; i < 1000; i++) stacks[`z${String(i).padStart(4, "0")}`] = 1;
    const mixed = decodeFlameGraph(flameGraphOf(stacks));
    expect(bars(mixed, { zoom: 0, width: 700 }, 1)).toEqual(["… 0+100", "m 100+500", "… 600+100"]);
  });
});

describe("frameAt", () => {
  it("is the inverse of the layout", () => {
    for (const zoom of [0, 1, 3]) {
      const viewport = { zoom, width: 300 };
      for (let level = 0; level < table.levels; level++) {
        visitLevel(table, viewport, level, (frame, x, width) => {
          expect(frameAt(table, viewport, level, x + width / 2)).toBe(frame);
        });
      }
    }
  });

  it("finds nothing beside the bars", () => {
    const viewport = { zoom: 0, width: 400 };
    expect(frameAt(table, viewport, 3, 150)).toBe(NO_FRAME);
    expect(frameAt(table, viewport, 4, 10)).toBe(NO_FRAME);
    expect(frameAt(table, viewport, 0, 400)).toBe(NO_FRAME);
  });
});

describe("isWithin and deepestLevel", () => {
  it("follow the callers", () => {
    expect(isWithin(table, 3, 5)).toBe(true);
    expect(isWithin(table, 3, 4)).toBe(false);
    expect(isWithin(table, 5, 3)).toBe(false);
    expect(deepestLevel(table, 0)).toBe(3);
    expect(deepestLevel(table, 4)).toBe(3);
    expect(deepestLevel(decodeFlameGraph({}), 0)).toBe(0);
  });
});

function bars(of: FrameTable, viewport: Viewport, level: number): string[] {
  const found: string[] = [];
  visitLevel(of, viewport, level, (frame, x, width) => {
    found.push(`${frame === NO_FRAME ? "…" : nameOf(of, frame)} ${x}+${width}`);
  });
  return found;
}
