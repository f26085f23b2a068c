import { type FrameIndex, type FrameTable, NO_FRAME } from "./frame-table.ts";
import { isWithin, MIN_BAR_WIDTH, type Viewport } from "./layout.ts";

/** Directions of the arrow keys in a flame graph that grows downwards. */
export type Direction = "up" | "down" | "left" | "right";

/**
 * The frame that an arrow key leads to, or `frame` itself where there is none: up to the caller, down to the callee
 * with the largest total, left and right to the neighbour in the same level. Frames too narrow to be seen are
 * stepped over.
 */
export function moveFocus(
  table: FrameTable,
  viewport: Viewport,
  frame: FrameIndex,
  direction: Direction,
): FrameIndex {
  switch (direction) {
    case "up":
      return table.parent[frame] === NO_FRAME ? frame : table.parent[frame]!;
    case "down":
      return largestChild(table, viewport, frame);
    case "left":
      return neighbour(table, viewport, frame, -1);
    case "right":
      return neighbour(table, viewport, frame, 1);
  }
}

function largestChild(table: FrameTable, viewport: Viewport, frame: FrameIndex): FrameIndex {
  const { zoom } = viewport;
  // Above the zoomed frame only one child is on the screen: the way down to it.
  if (frame !== zoom && !isWithin(table, zoom, frame)) {
    let child = zoom;
    while (table.parent[child] !== frame && table.parent[child] !== NO_FRAME) {
      child = table.parent[child]!;
    }
    return table.parent[child] === frame ? child : zoom;
  }
  let best = frame;
  const first = table.firstChild[frame]!;
  for (let child = first; child < first + table.childCount[frame]!; child++) {
    if (best === frame || table.total[child]! > table.total[best]!) best = child;
  }
  return best;
}

function neighbour(
  table: FrameTable,
  { zoom, width }: Viewport,
  frame: FrameIndex,
  step: 1 | -1,
): FrameIndex {
  const level = table.level[frame]!;
  if (level <= table.level[zoom]!) return frame;
  const zoomStart = table.start[zoom]!;
  const zoomEnd = zoomStart + table.total[zoom]!;
  const narrow = (MIN_BAR_WIDTH * table.total[zoom]!) / width;
  const first = table.levelStart[level]!;
  const end = table.levelStart[level + 1]!;
  for (let next = frame + step; next >= first && next < end; next += step) {
    if (table.start[next]! < zoomStart || table.start[next]! >= zoomEnd) break;
    if (table.total[next]! >= narrow) return next;
  }
  return frame;
}
