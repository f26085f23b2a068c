import { type FrameIndex, type FrameTable, NO_FRAME } from "./frame-table.ts";

/** What part of a flame graph is drawn, and how wide. */
export interface Viewport {
  /** The frame that fills the whole width. */
  readonly zoom: FrameIndex;
  /** Pixels. */
  readonly width: number;
}

/**
 * Receives the bars of a level from left to right, in pixels. `frame` is {@link NO_FRAME} for a sliver: a run of
 * neighbours that are each too narrow to be told apart.
 */
export type BarVisitor = (frame: FrameIndex, x: number, width: number) => void;

/** Narrower bars are drawn together. In pixels. */
export const MIN_BAR_WIDTH = 1;

/**
 * Visits what is visible of one level. Its cost grows with the pixels, not with the frames: runs of frames below a
 * pixel are jumped over by binary search.
 */
export function visitLevel(
  table: FrameTable,
  viewport: Viewport,
  level: number,
  visit: BarVisitor,
): void {
  const { zoom, width } = viewport;
  const zoomStart = table.start[zoom]!;
  const scale = width / table.total[zoom]!;
  if (!Number.isFinite(scale) || level < 0 || level >= table.levels) return;
  const zoomLevel = table.level[zoom]!;
  if (level <= zoomLevel) {
    visit(ancestorAt(table, zoom, level), 0, width);
    return;
  }
  const end = table.levelStart[level + 1]!;
  const zoomEnd = zoomStart + table.total[zoom]!;
  let frame = firstEndingAfter(table, level, table.levelStart[level]!, zoomStart);
  let sliverStart = Number.NaN;
  let sliverEnd = 0;
  while (frame < end && table.start[frame]! < zoomEnd) {
    const x = (table.start[frame]! - zoomStart) * scale;
    const barWidth = table.total[frame]! * scale;
    if (barWidth >= MIN_BAR_WIDTH) {
      if (!Number.isNaN(sliverStart)) visit(NO_FRAME, sliverStart, sliverEnd - sliverStart);
      sliverStart = Number.NaN;
      visit(frame, x, barWidth);
      frame++;
      continue;
    }
    const pixelEnd = Math.floor(x) + 1;
    if (x > sliverEnd + MIN_BAR_WIDTH && !Number.isNaN(sliverStart)) {
      visit(NO_FRAME, sliverStart, sliverEnd - sliverStart);
      sliverStart = Number.NaN;
    }
    if (Number.isNaN(sliverStart)) sliverStart = Math.floor(x);
    sliverEnd = Math.min(pixelEnd, width);
    frame = Math.max(
      frame + 1,
      firstEndingAfter(table, level, frame, zoomStart + pixelEnd / scale),
    );
  }
  if (!Number.isNaN(sliverStart)) visit(NO_FRAME, sliverStart, sliverEnd - sliverStart);
}

/** The frame drawn at a pixel of a level, or {@link NO_FRAME}. Slivers give their first frame there. */
export function frameAt(
  table: FrameTable,
  viewport: Viewport,
  level: number,
  x: number,
): FrameIndex {
  const { zoom, width } = viewport;
  const total = table.total[zoom]!;
  if (level < 0 || level >= table.levels || x < 0 || x >= width || total === 0) return NO_FRAME;
  if (level <= table.level[zoom]!) return ancestorAt(table, zoom, level);
  const value = table.start[zoom]! + (x / width) * total;
  const frame = firstEndingAfter(table, level, table.levelStart[level]!, value);
  if (frame >= table.levelStart[level + 1]!) return NO_FRAME;
  // A bar below a pixel still answers for the pixel it lies in.
  return table.start[frame]! < value + total / width ? frame : NO_FRAME;
}

/** Whether a frame is the zoomed one or below it. */
export function isWithin(table: FrameTable, zoom: FrameIndex, frame: FrameIndex): boolean {
  const level = table.level[zoom]!;
  return table.level[frame]! >= level && ancestorAt(table, frame, level) === zoom;
}

/** Deepest level that has a frame within the zoomed one; the root of an empty graph is level 0. */
export function deepestLevel(table: FrameTable, zoom: FrameIndex): number {
  let level = table.level[zoom]!;
  let first = zoom;
  let last = zoom;
  for (;;) {
    let nextFirst = NO_FRAME;
    let nextLast = NO_FRAME;
    for (let frame = first; frame <= last; frame++) {
      const count = table.childCount[frame]!;
      if (count === 0) continue;
      if (nextFirst === NO_FRAME) nextFirst = table.firstChild[frame]!;
      nextLast = table.firstChild[frame]! + count - 1;
    }
    if (nextFirst === NO_FRAME) return level;
    first = nextFirst;
    last = nextLast;
    level++;
  }
}

/** The frame itself or the ancestor of it in a level above. */
export function ancestorAt(table: FrameTable, frame: FrameIndex, level: number): FrameIndex {
  let at = frame;
  while (table.level[at]! > level) at = table.parent[at]!;
  return at;
}

/** First frame of a level, from `from` on, whose right edge lies right of `value`. */
function firstEndingAfter(table: FrameTable, level: number, from: FrameIndex, value: number) {
  let low = from;
  let high = table.levelStart[level + 1]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (table.start[middle]! + table.total[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
