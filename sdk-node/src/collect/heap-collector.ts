import { type EncodedProfile, encodeProfile } from "../encode/encoded-profile.ts";
import type { FrameOptions } from "../encode/frames.ts";
import { heapProfile } from "../encode/heap-profile.ts";
import { runInSlices } from "../encode/slices.ts";
import { errorText, type Reporter } from "../logger.ts";
import type { Collector } from "./collector.ts";
import { createHeapEngine, type HeapEngine } from "./heap-engine.ts";

export interface HeapCollectorOptions extends FrameOptions {
  /** Average number of bytes allocated between two samples. */
  readonly intervalBytes: number;
  readonly stackDepth: number;
}

/** Memory in use, by the functions that allocated it. */
export class HeapCollector implements Collector {
  private readonly options: HeapCollectorOptions;
  private readonly reporter: Reporter;
  private engine: HeapEngine | undefined;
  private startMs = 0;

  constructor(options: HeapCollectorOptions, reporter: Reporter) {
    this.options = options;
    this.reporter = reporter;
  }

  start(): void {
    if (this.engine !== undefined) return;
    const engine = createHeapEngine(this.options.intervalBytes, this.options.stackDepth);
    engine.start();
    this.engine = engine;
    this.startMs = Date.now();
  }

  /** Nothing to do in between: the engine keeps what is alive. */
  collect(): void {}

  async endWindow(): Promise<readonly EncodedProfile[]> {
    const { engine, startMs } = this;
    if (engine === undefined) return [];
    const endMs = Date.now();
    this.startMs = endMs;
    let root: ReturnType<HeapEngine["take"]>;
    try {
      root = engine.take();
    } catch (error) {
      // V8 has one sampling heap profiler an isolate, and an inspector session that ends takes ours with it.
      this.reporter.warnOnce(
        "heap-taken",
        `another heap profiler ended ours (${errorText(error)}); it starts again, one profile is lost`,
      );
      engine.stop();
      engine.start();
      return [];
    }
    const externalBytes = process.memoryUsage().external;
    const profile = await runInSlices(
      heapProfile(root, { ...this.options, startMs, endMs, externalBytes }),
    );
    return encodeProfile("memory", profile);
  }

  stop(): void {
    this.engine?.stop();
    this.engine = undefined;
  }
}
