import { type FrameTable, NO_FRAME } from "../flame/frame-table.ts";

/** One function of a profile, all its frames together. Values are in the unit of the profile type. */
export interface FunctionSummary {
  /** Index into the names of the flame graph. */
  readonly name: number;
  readonly label: string;
  readonly self: number;
  /** Time or space in the function and what it calls; recursive calls count once. */
  readonly total: number;
}

/** Adds up the frames of each function. The root is left out: it is no function. */
export function summarizeFunctions(table: FrameTable): FunctionSummary[] {
  const self = new Float64Array(table.names.length);
  const total = new Float64Array(table.names.length);
  const active = new Int32Array(table.names.length);
  const seen = new Uint8Array(table.names.length);

  // Depth first with a column in place of recursion: stacks may be thousands of frames deep.
  const next = new Int32Array(table.length);
  let frame = 0;
  while (frame !== NO_FRAME) {
    const name = table.name[frame]!;
    const entering = next[frame] === 0;
    if (entering && table.parent[frame] !== NO_FRAME) {
      seen[name] = 1;
      self[name]! += table.self[frame]!;
      if (active[name] === 0) total[name]! += table.total[frame]!;
      active[name]! += 1;
    }
    const child = next[frame]!;
    next[frame]! += 1;
    if (child < table.childCount[frame]!) {
      frame = table.firstChild[frame]! + child;
      continue;
    }
    if (table.parent[frame] !== NO_FRAME) active[name]! -= 1;
    frame = table.parent[frame]!;
  }

  const functions: FunctionSummary[] = [];
  for (const [name, label] of table.names.entries()) {
    if (seen[name] === 1) functions.push({ name, label, self: self[name]!, total: total[name]! });
  }
  return functions;
}
