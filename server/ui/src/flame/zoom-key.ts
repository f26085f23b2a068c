import { type FrameIndex, type FrameTable, NO_FRAME, nameOf, ROOT_FRAME } from "./frame-table.ts";

/**
 * Short text that finds a frame again in newer data: its level and a hash of the names on the path to it, for
 * instance `7.1q8fk3z`. The root has the empty text. Names, not positions, so that a link with a relative time
 * range still points at the same stack when its share has changed.
 */
export function zoomKey(table: FrameTable, frame: FrameIndex): string {
  if (frame === ROOT_FRAME || frame === NO_FRAME) return "";
  let hash = FNV_OFFSET;
  const names: string[] = [];
  for (let at = frame; at !== ROOT_FRAME; at = table.parent[at]!) names.push(nameOf(table, at));
  for (const name of names.reverse()) hash = hashName(hash, name);
  return `${table.level[frame]}.${hash.toString(36)}`;
}

/** The frame that a key means, or the root when the data have no such stack. */
export function findZoom(table: FrameTable, key: string): FrameIndex {
  const [levelText, hashText] = key.split(".");
  const wanted = Number.parseInt(hashText ?? "", 36);
  const target = Number(levelText);
  if (!(target > 0 && target < table.levels) || Number.isNaN(wanted)) return ROOT_FRAME;
  let hashes = Uint32Array.of(FNV_OFFSET);
  for (let level = 1; level <= target; level++) {
    const first = table.levelStart[level]!;
    const above = table.levelStart[level - 1]!;
    const count = table.levelStart[level + 1]! - first;
    const next = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      const parent = table.parent[first + i]!;
      next[i] = hashName(hashes[parent - above]!, nameOf(table, first + i));
      if (level === target && next[i] === wanted) return first + i;
    }
    hashes = next;
  }
  return ROOT_FRAME;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a over UTF-16 units, continued from the hash of the path above; a separator keeps `a;bc` and `ab;c` apart. */
function hashName(seed: number, name: string): number {
  let hash = Math.imul(seed ^ 0x1f, FNV_PRIME);
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), FNV_PRIME);
  }
  return hash >>> 0;
}
