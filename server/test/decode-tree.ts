import { type FrameTree, FrameTreeBuilder } from "../src/query/frame-tree.ts";
import { runAtOnce } from "../src/query/sliced.ts";
import { valuesOf } from "./values-of.ts";

/** Reads the bytes that `encodeTree` writes. Throws a RangeError where they end too early. */
export function decodeTree(bytes: Uint8Array): FrameTree {
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
      return utf8.decode(bytes.subarray(at - length, at));
    };
    // Parents of nodes to come, the next one last; -1 stands above the virtual root.
    const parents = [-1];
    while (parents.length > 0) {
      const parent = parents.pop()!;
      const name = text();
      const value = uvarint();
      const node = parent < 0 ? 0 : builder.child(parent, builder.nameId(name));
      self[node] = (self[node] ?? 0n) + value;
      const children = Number(uvarint());
      if (children > bytes.length) throw new RangeError("more children than bytes");
      for (let i = 0; i < children; i++) parents.push(node);
    }
  }
  return runAtOnce(builder.finish(valuesOf(self)));
}

const utf8 = new TextDecoder();
