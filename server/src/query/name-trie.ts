/**
 * A trie under construction: nodes with a name, numbered as they are made, so a node's number is above its parent's.
 * Node 0 is the root and has no name.
 */
export class NameTrie {
  /** Number of nodes, the root included. */
  length = 1;
  /** Parent of each node; columns may be longer than the trie. */
  parent: Int32Array<ArrayBuffer> = new Int32Array(256);
  /** Number of each node's name, -1 for the root. */
  name: Int32Array<ArrayBuffer> = new Int32Array(256);
  /** Nodes by parent and name, open addressing; 0 is free, as the root is nobody's child. */
  private slots: Int32Array<ArrayBuffer> = new Int32Array(1024);

  constructor() {
    this.name[0] = -1;
    this.parent[0] = -1;
  }

  /** Memory held, in bytes. */
  get bytes(): number {
    return this.parent.byteLength * 2 + this.slots.byteLength;
  }

  /** The child of a node with that name, -1 when there is none. */
  find(parent: number, name: number): number {
    const node = this.slots[this.slotOf(parent, name)]!;
    return node === 0 ? -1 : node;
  }

  /** The child of a node with that name, made when there is none. */
  child(parent: number, name: number): number {
    const slot = this.slotOf(parent, name);
    const known = this.slots[slot]!;
    if (known !== 0) return known;
    if (this.length === this.parent.length) {
      this.parent = grown(this.parent, this.length * 2);
      this.name = grown(this.name, this.length * 2);
    }
    const node = this.length++;
    this.parent[node] = parent;
    this.name[node] = name;
    this.slots[slot] = node;
    if (this.length * 2 > this.slots.length) this.rehash();
    return node;
  }

  private slotOf(parent: number, name: number): number {
    const mask = this.slots.length - 1;
    let slot = hash(parent, name) & mask;
    for (;;) {
      const node = this.slots[slot]!;
      if (node === 0 || (this.parent[node] === parent && this.name[node] === name)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 4);
    const mask = this.slots.length - 1;
    for (let node = 1; node < this.length; node++) {
      let slot = hash(this.parent[node]!, this.name[node]!) & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = node;
    }
  }
}

/** A copy with room for at least `length` items, the new ones 0. */
export function grown(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(length, array.length));
  larger.set(array);
  return larger;
}

function hash(parent: number, name: number): number {
  let h = Math.imul(parent, 0x9e3779b1) ^ Math.imul(name, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}
