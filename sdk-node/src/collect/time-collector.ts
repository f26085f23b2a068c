import { type EncodedProfile, encodeProfile } from "../encode/encoded-profile.ts";
import type { FrameOptions } from "../encode/frames.ts";
import { runInSlices } from "../encode/slices.ts";
import { TimeProfileBuilder } from "../encode/time-profile.ts";
import { spanLink } from "../span-link.ts";
import type { Collector } from "./collector.ts";
import type { ContextFollower } from "./context-follower.ts";
import { createFollower, followMode } from "./create-follower.ts";
import { createTimeEngine, type TimeEngine, type TimeTree } from "./time-engine.ts";

export interface TimeCollectorOptions extends FrameOptions {
  readonly intervalMicros: number;
  /** Longest time between two calls of `collect`. */
  readonly collectIntervalMs: number;
  readonly collectCpuTime: boolean;
}

/** Samples that must be due before the engine is emptied. */
const LEAST_INTERVALS = 3;

/** Wall and CPU time of this thread's functions, by span and labels. */
export class TimeCollector implements Collector {
  private readonly options: TimeCollectorOptions;
  private engine: TimeEngine | undefined;
  private follower: ContextFollower | undefined;
  private window: TimeProfileBuilder;
  /** The conversion of trees into the window, one after another. */
  private work: Promise<void> = Promise.resolve();
  private problem: unknown;
  /** When the engine was last started or emptied. */
  private takenMs = 0;

  constructor(options: TimeCollectorOptions) {
    this.options = options;
    this.window = this.openWindow(Date.now());
  }

  start(): void {
    if (this.engine !== undefined) return;
    const mode = followMode();
    const engine = createTimeEngine({
      intervalMicros: this.options.intervalMicros,
      durationMs: this.options.collectIntervalMs,
      collectCpuTime: this.options.collectCpuTime,
      inFrames: mode === "frames",
    });
    engine.start();
    this.engine = engine;
    this.takenMs = performance.now();
    this.window = this.openWindow(Date.now());
    try {
      this.follower = createFollower(mode);
      this.follower.start(engine);
      spanLink().listeners.add(this.followSource);
      this.followSource();
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  collect(): void {
    const { engine } = this;
    if (engine === undefined) return;
    this.followSource();
    const now = performance.now();
    // Hardly a sample would be in it, too few to tell the interval that was kept. They stay for the next time.
    if (now - this.takenMs < (LEAST_INTERVALS * this.options.intervalMicros) / 1_000) return;
    this.takenMs = now;
    this.convert(engine.take());
  }

  async endWindow(last: boolean = false): Promise<readonly EncodedProfile[]> {
    if (last) this.convert(this.engine?.stop());
    else this.collect();
    const { window } = this;
    const endMs = Date.now();
    // The next begins where this one ends, to the millisecond.
    this.window = this.openWindow(endMs);
    await this.work;
    const { problem } = this;
    this.problem = undefined;
    if (problem !== undefined) throw problem;
    const { wall, cpu } = await runInSlices(window.finish(endMs));
    const profiles = await encodeProfile("wall", wall);
    return cpu === undefined
      ? profiles
      : [...profiles, ...(await encodeProfile("process_cpu", cpu))];
  }

  stop(): void {
    spanLink().listeners.delete(this.followSource);
    this.follower?.stop();
    this.follower = undefined;
    this.engine?.stop();
    this.engine = undefined;
  }

  private convert(tree: TimeTree | undefined): void {
    const { follower, window } = this;
    if (tree === undefined || follower === undefined) return;
    const steps = window.add(tree, (context) => follower.resolve(context));
    this.work = this.work
      .then(() => runInSlices(steps))
      .catch((error: unknown) => {
        this.problem = error;
      });
  }

  private readonly followSource = (): void => {
    this.follower?.follow(spanLink().source);
  };

  private openWindow(startMs: number): TimeProfileBuilder {
    return new TimeProfileBuilder({ ...this.options, startMs });
  }
}
