import { type FrameTable, NO_FRAME } from "./frame-table.ts";

/** A flame graph as Connect writes it in JSON: 64-bit numbers as strings, empty lists and zeros left out. */
export interface FlameGraphJson {
  readonly names?: readonly string[];
  readonly levels?: readonly { readonly values?: readonly (string | number)[] }[];
  readonly total?: string | number;
}

/** The answer holds no flame graph that can be drawn. */
export class FlameGraphError extends Error {
  override readonly name = "FlameGraphError";
}

const NUMBERS_PER_BAR = 4;

/**
 * Reads the levels of a flame graph: groups of `[offset from the end of the bar before, total, self, name index]`.
 * Parents are found by position, since the format does not name them. Values above 2^53 lose their last digits.
 * Throws {@link FlameGraphError} for numbers that fit no flame graph.
 */
export function decodeFlameGraph(json: FlameGraphJson | undefined): FrameTable {
  const levels = (json?.levels ?? []).map((level) => level.values ?? []);
  while (levels.length > 0 && levels.at(-1)!.length === 0) levels.pop();
  if (levels.length === 0) levels.push([0, 0, 0, 0]);
  const names = json?.names && json.names.length > 0 ? json.names : ["total"];

  let length = 0;
  for (const values of levels) {
    if (values.length % NUMBERS_PER_BAR !== 0) {
      throw new FlameGraphError(`a level has ${values.length} numbers, not groups of four`);
    }
    length += values.length / NUMBERS_PER_BAR;
  }
  const columns = {
    levelStart: new Int32Array(levels.length + 1),
    level: new Int32Array(length),
    start: new Float64Array(length),
    total: new Float64Array(length),
    self: new Float64Array(length),
    parent: new Int32Array(length).fill(NO_FRAME),
    firstChild: new Int32Array(length),
    childCount: new Int32Array(length),
    name: new Int32Array(length),
  };

  let frame = 0;
  for (const [level, values] of levels.entries()) {
    columns.levelStart[level] = frame;
    let end = 0;
    for (let at = 0; at < values.length; at += NUMBERS_PER_BAR, frame++) {
      const name = Number(values[at + 3]);
      if (!(name >= 0 && name < names.length)) {
        throw new FlameGraphError(`a bar has name ${values[at + 3]}, there are ${names.length}`);
      }
      const start = end + Number(values[at]);
      const total = Number(values[at + 1]);
      if (!(start >= 0 && total >= 0)) {
        throw new FlameGraphError(`a bar starts at ${start} and is ${total} wide`);
      }
      columns.level[frame] = level;
      columns.start[frame] = start;
      columns.total[frame] = total;
      columns.self[frame] = Number(values[at + 2]);
      columns.name[frame] = name;
      end = start + total;
    }
  }
  columns.levelStart[levels.length] = frame;
  if (columns.levelStart[1] !== 1) throw new FlameGraphError("there is not exactly one root");
  linkParents(columns, levels.length);
  return { length, levels: levels.length, names, ...columns };
}

/** One walk over each pair of neighbouring levels: both are ordered by offset. */
function linkParents(columns: Columns, levels: number): void {
  const { levelStart, start, total, parent, firstChild, childCount } = columns;
  for (let level = 1; level < levels; level++) {
    const lastParent = levelStart[level]! - 1;
    let above = levelStart[level - 1]!;
    for (let frame = levelStart[level]!; frame < levelStart[level + 1]!; frame++) {
      while (above < lastParent && start[above]! + total[above]! <= start[frame]!) above++;
      parent[frame] = above;
      if (childCount[above] === 0) firstChild[above] = frame;
      childCount[above]! += 1;
    }
  }
}

type Columns = Pick<
  FrameTable,
  "levelStart" | "start" | "total" | "parent" | "firstChild" | "childCount"
>;
