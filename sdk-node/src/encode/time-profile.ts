import { type Profile, ProfileBuilder, type Steps } from "@pyrospan/pprof";
import { OWN_CONTEXT, type SampleContext } from "../collect/sample-context.ts";
import type { TimeNode, TimeNodeContext, TimeTree } from "../collect/time-engine.ts";
import { type FrameOptions, Frames } from "./frames.ts";
import { SampleLabels } from "./sample-labels.ts";
import { walkTree } from "./tree-walk.ts";

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
  /** Wall and CPU in one, because nearly every stack has both; taken apart at the end. */
  private readonly builder: ProfileBuilder;
  private readonly frames: Frames;
  private readonly labels: SampleLabels;
  /** Sums by label set of the node in hand. */
  private readonly sums = new Map<number, Sums>();

  constructor(options: TimeProfileOptions) {
    this.options = options;
    this.builder = new ProfileBuilder({
      sampleTypes: VALUES.map(([type, unit]) => ({ type, unit })),
      timeNanos: nanosOf(options.startMs),
      period: options.intervalMicros * 1_000,
    });
    this.frames = new Frames(this.builder, options);
    this.labels = new SampleLabels(this.builder);
  }

  /** Adds a tree, in steps. `resolve` says what an engine context stands for. */
  *add(
    tree: TimeTree,
    resolve: (engineContext: object | undefined) => SampleContext | undefined,
  ): Steps<void> {
    const hits = yield* countHits(tree.topDownRoot);
    const intervalNanos = 1_000 * intervalMicrosOf(tree, hits, this.options.intervalMicros);
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
          yield* walkTree(
            [top],
            (node) => this.frames.location(node),
            (node) => node.hitCount > 0 || (node.contexts?.length ?? 0) > 0,
            (node, stack) => this.addNode(node, stack, intervalNanos, resolve),
          );
      }
    }
    this.addRuntime(OTHER_THREADS, tree.nonJSThreadsCpuTime ?? 0, 0);
  }

  /** The profiles of everything added, in steps, with the names that spans have now. The builder must not be used afterwards. */
  *finish(endMs: number): Steps<TimeProfiles> {
    const { labels } = this;
    yield* labels.closeSpans();
    const both = {
      ...(yield* this.builder.finishSteps((set) => labels.closed(set))),
      durationNanos: nanosOf(Math.max(0, endMs - this.options.startMs)),
    };
    yield;
    const wall = withValues(both, WALL_VALUES);
    yield;
    return { wall, cpu: this.options.collectCpuTime ? withValues(both, CPU_VALUES) : undefined };
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
      this.builder.sample(
        stack,
        [hits, hits * intervalNanos, cpuSamples, Math.round(cpuNanos)],
        labels,
      );
    }
  }

  private addRuntime(name: string, cpuNanos: number, samples: number): void {
    if (cpuNanos <= 0) return;
    const stack = [this.frames.runtime(name), this.frames.runtime(RUNTIME)];
    this.builder.sample(stack, [0, 0, samples, Math.round(cpuNanos)]);
  }
}

interface Sums {
  hits: number;
  cpuSamples: number;
  cpuNanos: number;
}

/** The values of a sample while they are gathered. */
const VALUES = [
  ["samples", "count"],
  ["wall", "nanoseconds"],
  ["samples", "count"],
  ["cpu", "nanoseconds"],
] as const;
const WALL_VALUES = [0, 1] as const;
const CPU_VALUES = [2, 3] as const;

/** The profile with these of its values only, the second of which is also what its period is counted in. */
function withValues(profile: Profile, columns: readonly [number, number]): Profile {
  const { sampleTypes, samples } = profile;
  const values = new BigInt64Array(2 * samples.length);
  for (let i = 0; i < samples.length; i++) {
    values[2 * i] = samples.values[VALUES.length * i + columns[0]]!;
    values[2 * i + 1] = samples.values[VALUES.length * i + columns[1]]!;
  }
  const type = Int32Array.from(columns, (column) => sampleTypes.type[column]!);
  const unit = Int32Array.from(columns, (column) => sampleTypes.unit[column]!);
  return {
    ...profile,
    sampleTypes: { length: 2, type, unit },
    samples: { ...samples, values },
    periodType: { type: type[1]!, unit: unit[1]! },
  };
}

/** All samples of the engine, idle ones included: it has taken one for each interval. */
function* countHits(root: TimeNode): Steps<number> {
  let hits = 0;
  let visited = 0;
  const pending = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    hits += node.hitCount;
    for (const child of node.children) pending.push(child);
    if (++visited % 256 === 0) yield;
  }
  return hits;
}

function nanosOf(ms: number): bigint {
  return BigInt(Math.round(ms)) * 1_000_000n;
}

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
 * The interval between samples as it was: timers fire late, and on a busy machine some are skipped. Bounded, because a
 * handful of samples says little and a process that was halted says nothing.
 */
function intervalMicrosOf(tree: TimeTree, hits: number, askedMicros: number): number {
  if (hits <= 0) return askedMicros;
  const measured = Math.floor((tree.endTime - tree.startTime) / hits);
  const most = (hits >= 20 ? 10 : 2) * askedMicros;
  return Math.min(Math.max(measured, askedMicros), most);
}
