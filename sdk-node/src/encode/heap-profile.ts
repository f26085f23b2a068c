import { type Profile, ProfileBuilder, type Steps } from "@pyrospan/pprof";
import type { HeapNode } from "../collect/heap-engine.ts";
import { type FrameOptions, Frames } from "./frames.ts";
import { walkTree } from "./tree-walk.ts";

export interface HeapProfileOptions extends FrameOptions {
  /** Begin and end of the window, in milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  readonly intervalBytes: number;
  /** Memory outside of V8's heap that its objects hold (`process.memoryUsage().external`). */
  readonly externalBytes: number;
}

/** Makes a profile of what is alive, in steps. Its period type `space` is the one that Grafana knows units for. */
export function* heapProfile(root: HeapNode, options: HeapProfileOptions): Steps<Profile> {
  const builder = new ProfileBuilder({
    sampleTypes: [
      { type: "inuse_objects", unit: "count" },
      { type: "inuse_space", unit: "bytes" },
    ],
    periodType: { type: "space", unit: "bytes" },
    period: options.intervalBytes,
    timeNanos: BigInt(Math.round(options.startMs)) * 1_000_000n,
    durationNanos: BigInt(Math.max(0, Math.round(options.endMs - options.startMs))) * 1_000_000n,
    defaultSampleType: "inuse_space",
  });
  const frames = new Frames(builder, options);
  yield* walkTree(
    root.children,
    (node) => frames.location(node),
    (node) => node.allocations.length > 0,
    (node, stack) => {
      let objects = 0;
      let bytes = 0;
      for (const { count, sizeBytes } of node.allocations) {
        objects += count;
        bytes += count * sizeBytes;
      }
      if (objects > 0) builder.sample(stack, [objects, bytes]);
    },
  );
  if (options.externalBytes > 0) {
    builder.sample([frames.runtime("(external)")], [1, options.externalBytes]);
  }
  return yield* builder.finishSteps();
}
