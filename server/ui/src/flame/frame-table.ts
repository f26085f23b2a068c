/** Position of a frame in a {@link FrameTable}. */
export type FrameIndex = number;

/** Parent of the root, and "no frame" wherever one is optional. */
export const NO_FRAME: FrameIndex = -1;

/** The root frame, of which every other is a descendant. */
export const ROOT_FRAME: FrameIndex = 0;

/**
 * A flame graph as columns, level by level and left to right within a level. Parents come before children, and the
 * children of a frame are neighbours: `firstChild[f]` up to `firstChild[f] + childCount[f]`.
 * Values are in the unit of the profile type; offsets are in the same unit, from the left edge of the root.
 */
export interface FrameTable {
  readonly length: number;
  /** Number of levels, the root's included. */
  readonly levels: number;
  /** First frame of each level; one entry more than there are levels. */
  readonly levelStart: Int32Array;
  readonly level: Int32Array;
  readonly start: Float64Array;
  readonly total: Float64Array;
  readonly self: Float64Array;
  readonly parent: Int32Array;
  readonly firstChild: Int32Array;
  readonly childCount: Int32Array;
  /** Index into {@link names}. */
  readonly name: Int32Array;
  /** Function names, each once; entry 0 is the root's. */
  readonly names: readonly string[];
}

/** Name of a frame's function. */
export function nameOf(table: FrameTable, frame: FrameIndex): string {
  return table.names[table.name[frame]!]!;
}

/** Frames from the root down to `frame`, both included. */
export function pathTo(table: FrameTable, frame: FrameIndex): FrameIndex[] {
  const path: FrameIndex[] = [];
  for (let at = frame; at !== NO_FRAME; at = table.parent[at]!) path.push(at);
  return path.reverse();
}

/** Whether there is nothing to draw: no samples at all. */
export function isEmpty(table: FrameTable): boolean {
  return table.total[ROOT_FRAME] === 0;
}
