import { fitText, type MeasureText } from "./fit-text.ts";
import { frameColor, NEUTRAL_COLOR } from "./frame-color.ts";
import { type FrameIndex, type FrameTable, NO_FRAME, nameOf } from "./frame-table.ts";
import { type Viewport, visitLevel } from "./layout.ts";
import type { Palette } from "./palette.ts";

/** Height of a level in CSS pixels, the gap below it included. */
export const LEVEL_HEIGHT = 20;

/** Everything a picture depends on. */
export interface Scene {
  readonly table: FrameTable;
  readonly viewport: Viewport;
  /** For each name 1 if it is searched for; undefined when nothing is. */
  readonly matches: Uint8Array | undefined;
  readonly focused: FrameIndex;
  readonly hovered: FrameIndex;
  /** Vertical part that is on the screen, in CSS pixels. */
  readonly scrollTop: number;
  readonly height: number;
  readonly palette: Palette;
}

/** Draws the part of a flame graph that is on the screen. The context is scaled to CSS pixels already. */
export function paintFlameGraph(context: CanvasRenderingContext2D, scene: Scene): void {
  const { table, viewport, palette, scrollTop, height } = scene;
  context.fillStyle = palette.background;
  context.fillRect(0, 0, viewport.width, height);
  context.font = palette.font;
  context.textBaseline = "middle";
  const measure = measureWith(context);
  const first = Math.floor(scrollTop / LEVEL_HEIGHT);
  const last = Math.min(table.levels - 1, Math.floor((scrollTop + height) / LEVEL_HEIGHT));
  for (let level = first; level <= last; level++) {
    const y = level * LEVEL_HEIGHT - scrollTop;
    visitLevel(table, viewport, level, (frame, x, width) => {
      paintBar(context, scene, measure, frame, x, y, width);
    });
  }
}

function paintBar(
  context: CanvasRenderingContext2D,
  scene: Scene,
  measure: MeasureText,
  frame: FrameIndex,
  x: number,
  y: number,
  width: number,
): void {
  const { table, viewport, matches, palette } = scene;
  const height = LEVEL_HEIGHT - 1;
  if (frame === NO_FRAME) {
    context.fillStyle = matches ? palette.dimmed : palette.sliver;
    context.fillRect(x, y, Math.max(width, 1), height);
    return;
  }
  const dimmed = matches !== undefined && matches[table.name[frame]!] === 0;
  const caller = table.level[frame]! < table.level[viewport.zoom]!;
  const name = nameOf(table, frame);
  const color = frameColor(name);
  context.globalAlpha = caller ? 0.55 : 1;
  if (dimmed) context.fillStyle = palette.dimmed;
  else context.fillStyle = color === NEUTRAL_COLOR ? palette.neutral : palette.frames[color]!;
  // Half a pixel of air between neighbours, but never a bar of no width.
  const drawn = Math.max(width - 0.6, 0.6);
  context.fillRect(x, y, drawn, height);
  context.globalAlpha = 1;

  const text = fitText(name, drawn - 8, measure);
  if (text !== "") {
    context.fillStyle = dimmed ? palette.dimmedText : palette.text;
    context.fillText(text, x + 4, y + height / 2 + 0.5);
  }
  if (frame === scene.focused || frame === scene.hovered) {
    context.strokeStyle = palette.focus;
    context.lineWidth = frame === scene.focused ? 2 : 1;
    const inset = context.lineWidth / 2;
    context.strokeRect(x + inset, y + inset, Math.max(drawn - 2 * inset, 1), height - 2 * inset);
  }
}

/** Widths are kept: measuring is the dear part of drawing a few thousand bars. */
function measureWith(context: CanvasRenderingContext2D): MeasureText {
  if (widths.font !== context.font) widths = { font: context.font, of: new Map() };
  const { of } = widths;
  return (text) => {
    let width = of.get(text);
    if (width === undefined) {
      width = context.measureText(text).width;
      if (of.size > 50_000) of.clear();
      of.set(text, width);
    }
    return width;
  };
}

let widths = { font: "", of: new Map<string, number>() };
