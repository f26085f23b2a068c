import type { Locator, Page } from "playwright-core";
import { decodeFlameGraph, type FlameGraphJson } from "../src/flame/decode.ts";
import { type FrameIndex, type FrameTable, nameOf } from "../src/flame/frame-table.ts";
import { visitLevel } from "../src/flame/layout.ts";
import { LEVEL_HEIGHT } from "../src/flame/paint.ts";

/** The flame graph as a reader finds it. */
export function flameOf(page: Page): Locator {
  return page.getByRole("application", { name: "Flame graph" });
}

/** Collects the flame graphs that a page is answered, so that a test knows what has to be on the canvas. */
export function watchFlameGraphs(page: Page): () => FrameTable {
  let latest: FrameTable | undefined;
  page.on("response", (response) => {
    if (!response.url().endsWith("/SelectMergeStacktraces") || !response.ok()) return;
    void response.json().then(
      (answer: { flamegraph?: FlameGraphJson }) => {
        latest = decodeFlameGraph(answer.flamegraph);
      },
      // The page was closed before the body was read.
      () => undefined,
    );
  });
  return () => {
    if (!latest) throw new Error("the page has not been answered a flame graph yet");
    return latest;
  };
}

/** The widest frame of a function. */
export function frameNamed(table: FrameTable, name: string): FrameIndex {
  let best = -1;
  for (let frame = 0; frame < table.length; frame++) {
    if (nameOf(table, frame) !== name) continue;
    if (best < 0 || table.total[frame]! > table.total[best]!) best = frame;
  }
  if (best < 0) throw new Error(`no frame is called ${name}`);
  return best;
}

/** Where a frame is inside the flame graph, in CSS pixels: near its right edge, where no text covers its color. */
export async function pointOn(
  page: Page,
  table: FrameTable,
  frame: FrameIndex,
): Promise<{ x: number; y: number }> {
  const width = await page.locator(".flame-scroll").evaluate((element) => element.clientWidth);
  let point: { x: number; y: number } | undefined;
  visitLevel(table, { zoom: 0, width }, table.level[frame]!, (each, x, barWidth) => {
    if (each === frame)
      point = { x: x + barWidth - 3, y: (table.level[frame]! + 0.5) * LEVEL_HEIGHT };
  });
  if (!point) throw new Error("the frame is too narrow to be drawn");
  return point;
}

/** Red, green and blue of a pixel of the canvas, once everything asked for is painted. */
export function colorAt(page: Page, point: { x: number; y: number }): Promise<number[]> {
  return page.locator("canvas").evaluate(
    (element, { x, y }) =>
      new Promise<number[]>((resolve) => {
        // The canvas is painted in an animation frame: the one after the next has it.
        requestAnimationFrame(() =>
          requestAnimationFrame(() => {
            // Copied out: reading the page's own canvas would change how the browser draws it.
            const canvas = element as HTMLCanvasElement;
            const copy = document.createElement("canvas").getContext("2d", {
              willReadFrequently: true,
            })!;
            const ratio = canvas.width / canvas.clientWidth;
            copy.drawImage(canvas, -Math.floor(x * ratio), -Math.floor(y * ratio));
            const pixel = copy.getImageData(0, 0, 1, 1);
            resolve([...pixel.data.slice(0, 3)]);
          }),
        );
      }),
    point,
  );
}
