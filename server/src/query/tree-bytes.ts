import { type FrameTree, FrameTreeBuilder } from "./frame-tree.ts";
import { STEP_ITEMS, type Steps } from "./sliced.ts";
import { int64At, valuesOf } from "./values.ts";
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

/** Reads the bytes that {@link encodeTree} writes. Throws a RangeError where they end too early. */
export function* decodeTree(bytes: Uint8Array): Steps<FrameTree> {
  const builder = new FrameTreeBuilder();
  const self: bigint[] = [0n];
  if (bytes.length >= 2) {
    let at = 0;
    const uvarint = (): bigint => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = bytes[at++];
        if (byte === undefined) throw new RangeError("tree bytes end in a number");
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    };
    const text = (): string => {
      const length = Number(uvarint());
      if (at + length > bytes.length) throw new RangeError("tree bytes end in a name");
      at += length;
      return utf8Text.decode(bytes.subarray(at - length, at));
    };
    // Parents of nodes to come, the next one last; -1 stands above the virtual root.
    const parents = [-1];
    for (let steps = 1; parents.length > 0; steps++) {
      const parent = parents.pop()!;
      const name = text();
      const value = uvarint();
      const node = parent < 0 ? 0 : builder.child(parent, builder.nameId(name));
      self[node] = (self[node] ?? 0n) + value;
      const children = Number(uvarint());
      if (children > bytes.length) throw new RangeError("more children than bytes");
      for (let i = 0; i < children; i++) parents.push(node);
      if (steps % STEP_ITEMS === 0) yield;
    }
  }
  return yield* builder.finish(valuesOf(self));
}

const utf8 = new TextEncoder();
const utf8Text = new TextDecoder();
