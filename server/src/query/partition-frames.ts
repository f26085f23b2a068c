import { grown, NameTrie } from "./name-trie.ts";
import { inRanges, type Steps } from "./sliced.ts";

/**
 * The stacks of one partition as chains of function names, grown as its writer adds to it.
 *
 * A *frame* is a node of a trie of names: stacks that differ only in lines, files or addresses share it. A location
 * has a frame for each of its lines, the outermost first, and none without lines. Frame 0 is the root; a frame's
 * number is above its parent's.
 */
export class PartitionFrames {
  /** Function names that occur, each once. */
  readonly names: string[] = [];
  /** The frames; their names are numbers of `names`. */
  readonly frames: NameTrie = new NameTrie();

  /** Rows with smaller ids are all here. */
  nextStack = 1;
  nextLocation = 1;
  nextFunction = 1;

  private lastStack = 0;
  private stackParent: Int32Array<ArrayBuffer> = new Int32Array(256);
  private stackLocation: Int32Array<ArrayBuffer> = new Int32Array(256);
  /** Frame of each stack node plus 1; 0 as long as the node is unknown. */
  private stackFrame: Int32Array<ArrayBuffer> = new Int32Array(256);
  private lineStart: Int32Array<ArrayBuffer> = new Int32Array(256);
  private lineCount: Int32Array<ArrayBuffer> = new Int32Array(256);
  private lines: Int32Array<ArrayBuffer> = new Int32Array(256);
  private lineLength = 0;
  /** Name of each function plus 1. */
  private functionName: Int32Array<ArrayBuffer> = new Int32Array(256);
  private readonly nameIds = new Map<string, number>();
  private textBytes = 0;
  private scratch: Int32Array<ArrayBuffer> | undefined;

  constructor() {
    this.stackFrame[0] = 1;
  }

  /** Memory held, in bytes, about. */
  get bytes(): number {
    return (
      this.frames.bytes +
      this.frames.parent.byteLength +
      this.stackParent.byteLength * 3 +
      this.lineStart.byteLength * 2 +
      this.lines.byteLength +
      this.functionName.byteLength +
      this.textBytes
    );
  }

  /** Location of a stack node's own place; 0 for a node that is not known. */
  locationOf(stack: number): number {
    return this.stackLocation[stack] ?? 0;
  }

  /** Caller of a stack node, 0 at the root. */
  parentOf(stack: number): number {
    return this.stackParent[stack] ?? 0;
  }

  /** Number of lines of a location. */
  linesOf(location: number): number {
    return this.lineCount[location] ?? 0;
  }

  /** Frame of a stack's leaf; the root for a stack that is not known. */
  frameOf(stack: number): number {
    const frame = this.stackFrame[stack];
    return frame === undefined || frame === 0 ? 0 : frame - 1;
  }

  /** The child of a frame with that name, -1 when there is none. */
  findFrame(parent: number, name: string): number {
    const id = this.nameIds.get(name);
    return id === undefined ? -1 : this.frames.find(parent, id);
  }

  /** Lends an array with a zero for each frame. Whoever took it gives it back zeroed, or not at all. */
  takeScratch(): Int32Array<ArrayBuffer> {
    const taken = this.scratch;
    this.scratch = undefined;
    return taken !== undefined && taken.length >= this.frames.length
      ? taken
      : new Int32Array(this.frames.parent.length);
  }

  giveScratch(scratch: Int32Array<ArrayBuffer>): void {
    this.scratch = scratch;
  }

  /** Takes in a row of `functions`. */
  addFunction(id: number, name: string): void {
    if (id >= this.functionName.length) this.functionName = grown(this.functionName, id * 2);
    this.functionName[id] = this.nameId(name) + 1;
    this.nextFunction = Math.max(this.nextFunction, id + 1);
  }

  /** Takes in a row of `locations`: its functions are a range of a list, the innermost first. */
  addLocation(id: number, functions: ArrayLike<number>, from: number, to: number): void {
    if (id >= this.lineStart.length) {
      this.lineStart = grown(this.lineStart, id * 2);
      this.lineCount = grown(this.lineCount, id * 2);
    }
    this.nextLocation = Math.max(this.nextLocation, id + 1);
    if (this.lineCount[id]! > 0) return;
    const count = to - from;
    if (this.lineLength + count > this.lines.length) {
      this.lines = grown(this.lines, (this.lineLength + count) * 2);
    }
    this.lineStart[id] = this.lineLength;
    this.lineCount[id] = count;
    for (let i = from; i < to; i++) this.lines[this.lineLength++] = functions[i]!;
  }

  /** Takes in a row of `stacks`. */
  addStack(id: number, parent: number, location: number): void {
    if (id >= this.stackParent.length) {
      this.stackParent = grown(this.stackParent, id * 2);
      this.stackLocation = grown(this.stackLocation, id * 2);
      this.stackFrame = grown(this.stackFrame, id * 2);
    }
    this.stackParent[id] = parent;
    this.stackLocation[id] = location;
    if (id > this.lastStack) this.lastStack = id;
  }

  /** Makes the frames of all stacks taken in since the last time. Rows may have come in any order, and twice. */
  *link(): Steps<void> {
    let complete = true;
    const first = this.nextStack;
    yield* inRanges(Math.max(0, this.lastStack + 1 - first), (from, to) => {
      for (let id = first + from; id < first + to; id++) {
        if (this.stackFrame[id] === 0) {
          const parent = this.stackFrame[this.stackParent[id]!]!;
          const location = this.stackLocation[id]!;
          // Its row or its parent's may be on its way.
          if (location === 0 || parent === 0) complete = false;
          else this.stackFrame[id] = this.framesOfLocation(parent - 1, location) + 1;
        }
        if (complete) this.nextStack = id + 1;
      }
    });
  }

  private framesOfLocation(parent: number, location: number): number {
    const start = this.lineStart[location] ?? 0;
    let frame = parent;
    for (let line = (this.lineCount[location] ?? 0) - 1; line >= 0; line--) {
      const name = this.functionName[this.lines[start + line]!] ?? 0;
      frame = this.frames.child(frame, name === 0 ? this.nameId("") : name - 1);
    }
    return frame;
  }

  private nameId(name: string): number {
    let id = this.nameIds.get(name);
    if (id === undefined) {
      id = this.names.length;
      this.names.push(name);
      this.nameIds.set(name, id);
      // Two bytes a character at most, and what a map entry and a string take besides.
      this.textBytes += name.length * 2 + 100;
    }
    return id;
  }
}
