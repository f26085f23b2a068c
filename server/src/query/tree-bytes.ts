import type { FrameTree } from "./frame-tree.ts";
import { STEP_ITEMS, type Steps } from "./sliced.ts";
import { int64At } from "./values.ts";
import { VarintWriter } from "./varint-writer.ts";

/**
 * The bytes of a tree: for each node, depth first and the last child first, the length and bytes of its name, its own
 * value and the number of its children, numbers as unsigned LEB128; the virtual root leads. No bytes for an empty tree.
 */
export function* encodeTree(tree: FrameTree): Steps<Uint8Array> {
  if (tree.length === 1) return new Uint8Array(0);
  const writer = new VarintWriter();
  const names: (Uint8Array | undefined)[] = [];
  const pending = new Int32Array(tree.length);
  let waiting = 1;
  for (let steps = 1; waiting > 0; steps++) {
    const node = pending[--waiting]!;
    const nameId = tree.name[node]!;
    if (nameId < 0) writer.uvarint(0);
    else {
      names[nameId] ??= utf8.encode(tree.names[nameId]!);
      const name = names[nameId];
      writer.uvarint(name.length);
      writer.raw(name);
    }
    if (tree.self.words === undefined) writer.uvarint(tree.self.approx[node]!);
    else writer.uvarint64(int64At(tree.self, node));
    const start = tree.childStart[node]!;
    const end = tree.childStart[node + 1]!;
    writer.uvarint(end - start);
    for (let child = start; child < end; child++) pending[waiting++] = child;
    if (steps % STEP_ITEMS === 0) yield;
  }
  return writer.finish();
}

const utf8 = new TextEncoder();
