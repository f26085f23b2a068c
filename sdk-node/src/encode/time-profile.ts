import { type Profile, ProfileBuilder } from "@pyrospan/pprof";
import { OWN_CONTEXT, type SampleContext } from "../collect/sample-context.ts";
import type { TimeNode, TimeNodeContext, TimeTree } from "../collect/time-engine.ts";
import { type FrameOptions, Frames } from "./frames.ts";
import { SampleLabels } from "./sample-labels.ts";

export interface TimeProfileOptions extends FrameOptions {
  /** When the window began, in milliseconds since 1970. */
  readonly startMs: number;
  readonly intervalMicros: number;
  readonly collectCpuTime: boolean;
}

/** The finished profiles of a window; CPU only where it was measured. */
export interface TimeProfiles {
  readonly wall: Profile;
  readonly cpu: Profile | undefined;
}

const RUNTIME = "Node.js";
const GARBAGE_COLLECTION = "Garbage Collection";
const OTHER_THREADS = "Non JS threads activity";
const PROGRAM = "(program)";

/**
 * Gathers the engine's trees of one upload window into a wall and a CPU profile.
 *
 * - Wall is the time in which this thread was busy in JavaScript or in what JavaScript called: samples weighted by the
 *   interval that the engine really kept. Idle time, and `(program)` (native code that no JavaScript called), have none.
 * - CPU is what the engine measured for the thread from sample to sample. What falls on idle or `(program)` samples
 *   stands under `Node.js` without labels: it is real, but no function's. The same goes for the other threads of the process.
 * - Garbage collection keeps the labels of the code it interrupted.
 */
export class TimeProfileBuilder {
  private readonly options: TimeProfileOptions;
  private readonly wall: ProfileBuilder;
  private readonly cpu: ProfileBuilder | undefined;
  private readonly frames: Frames;
  private readonly labels: SampleLabels;
  /** Sums by label set of the node in hand. */
  private readonly sums = new Map<number, Sums>();

  constructor(options: TimeProfileOptions) {
    this.options = options;
    const when = {
      timeNanos: BigInt(Math.round(options.startMs)) * 1_000_000n,
      period: options.intervalMicros * 1_000,
    };
    const samples = { type: "samples", unit: "count" };
    const wall = { type: "wall", unit: "nanoseconds" };
    const cpu = { type: "cpu", unit: "nanoseconds" };
    this.wall = new ProfileBuilder({ ...when, sampleTypes: [samples, wall], periodType: wall });
    if (options.collectCpuTime) {
      this.cpu = new ProfileBuilder({ ...when, sampleTypes: [samples, cpu], periodType: cpu });
    }
    const builders = this.cpu === undefined ? [this.wall] : [this.wall, this.cpu];
    this.frames = new Frames(builders, options);
    this.labels = new SampleLabels(builders);
  }

  /** Adds a tree, in steps. `resolve` says what an engine context stands for. */
  *add(
    tree: TimeTree,
    resolve: (engineContext: object | undefined) => SampleContext | undefined,
  ): Generator<void, void, void> {
    const intervalNanos = 1_000 * intervalMicrosOf(tree, this.options.intervalMicros);
    for (const top of tree.topDownRoot.children) {
      switch (top.name) {
        case "(idle)":
        case "(program)":
          this.addRuntime(PROGRAM, sumOfCpu(top), top.contexts?.length ?? 0);
          break;
        case "(garbage collector)":
          this.addNode(
            top,
            [this.frames.runtime(GARBAGE_COLLECTION), this.frames.runtime(RUNTIME)],
            intervalNanos,
            resolve,
          );
          break;
        default:
          yield* this.addTree(top, intervalNanos, resolve);
      }
    }
    this.addRuntime(OTHER_THREADS, tree.nonJSThreadsCpuTime ?? 0, 0);
  }

  /** The profiles of everything added. The builder must not be used afterwards. */
  finish(endMs: number): TimeProfiles {
    const durationNanos =
      BigInt(Math.max(0, Math.round(endMs - this.options.startMs))) * 1_000_000n;
    return {
      wall: { ...this.wall.finish(), durationNanos },
      cpu: this.cpu && { ...this.cpu.finish(), durationNanos },
    };
  }

  /** Walks depth first without recursion: stacks are as deep as the application makes them. */
  private *addTree(
    top: TimeNode,
    intervalNanos: number,
    resolve: (engineContext: object | undefined) => SampleContext | undefined,
  ): Generator<void, void, void> {
    const path: number[] = [];
    const pending: { readonly node: TimeNode; readonly depth: number }[] = [
      { node: top, depth: 0 },
    ];
    let visited = 0;
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { node, depth } = next;
      path.length = depth;
      path.push(this.frames.location(node));
      if (node.hitCount > 0 || node.contexts?.length) {
        this.addNode(node, path.toReversed(), intervalNanos, resolve);
      }
      for (const child of node.children) pending.push({ node: child, depth: depth + 1 });
      if (++visited % NODES_PER_STEP === 0) yield;
    }
  }

  private addNode(
    node: TimeNode,
    stack: readonly number[],
    intervalNanos: number,
    resolve: (engineContext: object | undefined) => SampleContext | undefined,
  ): void {
    const { sums } = this;
    sums.clear();
    let hitsLeft = node.hitCount;
    for (const { context, cpuTime } of node.contexts ?? []) {
      // Of a garbage collection the engine may know more contexts than hits; then the rest is CPU time alone.
      const hit = hitsLeft > 0 ? 1 : 0;
      hitsLeft -= hit;
      const resolved = resolve(context);
      if (resolved === OWN_CONTEXT) continue;
      add(sums, this.labels.of(resolved), hit, cpuTime ?? 0);
    }
    if (hitsLeft > 0) add(sums, 0, hitsLeft, 0);
    for (const [labels, { hits, cpuSamples, cpuNanos }] of sums) {
      if (hits > 0) this.wall.sample(stack, [hits, hits * intervalNanos], labels);
      if (cpuNanos > 0) this.cpu?.sample(stack, [cpuSamples, Math.round(cpuNanos)], labels);
    }
  }

  private addRuntime(name: string, cpuNanos: number, samples: number): void {
    if (cpuNanos <= 0 || this.cpu === undefined) return;
    const stack = [this.frames.runtime(name), this.frames.runtime(RUNTIME)];
    this.cpu.sample(stack, [samples, Math.round(cpuNanos)], 0);
  }
}

interface Sums {
  hits: number;
  cpuSamples: number;
  cpuNanos: number;
}

/** Small enough that a step stays below a millisecond even where every node is new and 100 frames deep. */
const NODES_PER_STEP = 32;

function add(sums: Map<number, Sums>, labels: number, hits: number, cpuNanos: number): void {
  let sum = sums.get(labels);
  if (sum === undefined) {
    sum = { hits: 0, cpuSamples: 0, cpuNanos: 0 };
    sums.set(labels, sum);
  }
  sum.hits += hits;
  if (cpuNanos > 0) sum.cpuSamples++;
  sum.cpuNanos += cpuNanos;
}

function sumOfCpu(node: TimeNode): number {
  let sum = 0;
  for (const { cpuTime } of node.contexts ?? ([] as TimeNodeContext[])) sum += cpuTime ?? 0;
  return sum;
}

/**
 * The interval between samples as it was: timers fire late, seldom early. Bounded by the interval asked for and twice
 * that, because a handful of samples says little.
 */
function intervalMicrosOf(tree: TimeTree, askedMicros: number): number {
  const hits = tree.totalHitCount ?? 0;
  if (hits <= 0) return askedMicros;
  const measured = Math.floor((tree.endTime - tree.startTime) / hits);
  return Math.min(Math.max(measured, askedMicros), 2 * askedMicros);
}
