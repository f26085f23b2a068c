import type { FlameGraph } from "@pyrospan/wire";

/** Frames of a flame graph by their path of names, root first, joined by semicolons; the root bar is left out. */
export type Frames = ReadonlyMap<string, { readonly total: bigint; readonly self: bigint }>;

/** Reads all frames of a flame graph. Each level gives, for each bar, its gap to the one before, total, self and name. */
export function framesOf(flamegraph: FlameGraph | undefined): Frames {
  const frames = new Map<string, { total: bigint; self: bigint }>();
  let parents: { from: bigint; to: bigint; path: string }[] = [];
  flamegraph?.levels.forEach(({ values }, depth) => {
    const bars: typeof parents = [];
    let at = 0n;
    let next = 0;
    for (let i = 0; i < values.length; i += 4) {
      const from = at + values[i]!;
      const total = values[i + 1]!;
      at = from + total;
      const name = flamegraph.names[Number(values[i + 3])] ?? "";
      // Bars go from left to right, and so do those they lie below.
      while (next < parents.length && parents[next]!.to < at) next++;
      const parent = parents[next];
      if (depth > 0 && !(parent !== undefined && parent.from <= from)) {
        throw new Error(`${name} is below no frame`);
      }
      const path = depth === 0 ? "" : parent!.path === "" ? name : `${parent!.path};${name}`;
      bars.push({ from, to: at, path });
      if (depth === 0) continue;
      if (frames.has(path)) throw new Error(`two frames ${path}`);
      frames.set(path, { total, self: values[i + 2]! });
    }
    parents = bars;
  });
  return frames;
}
