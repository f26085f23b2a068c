import { setTimeout as wait } from "node:timers/promises";
import { encodePprof, ProfileBuilder } from "@pyrospan/pprof";
import type { Collector } from "../collect/collector.ts";
import type { Config } from "../config.ts";
import { createCollector } from "../create-collector.ts";
import { quietLogger, Reporter } from "../logger.ts";
import { runQuietly } from "../push/quiet.ts";

/** Takes profiles for whoever asks for them, apart from those that are pushed. */
export class Puller {
  private readonly config: Config;
  private readonly reporter: Reporter;
  private heapCollector: Collector | undefined;

  /** Has no effect on the process yet. */
  constructor(config: Config) {
    this.config = config;
    this.reporter = new Reporter(config.logger ?? quietLogger);
  }

  /**
   * Wall time of this thread over the next so many milliseconds, as pprof.
   *
   * @throws {Error} while wall profiles are pushed or pulled already: V8 lets only one profiler run at a time
   */
  async wall(durationMs: number): Promise<Uint8Array> {
    const collector = createCollector(
      "wall",
      { ...this.config, wall: { ...this.config.wall, collectCpuTime: false } },
      this.reporter,
    );
    // Not as own work: the follower takes the context it starts in for that of the application.
    collector.start();
    return runQuietly(async () => {
      const emptying = setInterval(() => collector.collect(), this.config.wall.collectIntervalMs);
      emptying.unref();
      try {
        await wait(durationMs, undefined, { ref: false });
        const [profile] = await collector.endWindow(true);
        return profile?.pprof ?? encodePprof(new ProfileBuilder(NO_WALL_TIME).finish());
      } finally {
        clearInterval(emptying);
        collector.stop();
      }
    });
  }

  /**
   * Memory in use, as pprof: of what was allocated since the first call, or since memory is pushed.
   *
   * @throws {Error} when another heap profiler ended this one; the next call has a profile again
   */
  async heap(): Promise<Uint8Array> {
    if (this.heapCollector === undefined) {
      const collector = createCollector("heap", this.config, this.reporter);
      collector.start();
      this.heapCollector = collector;
    }
    const { heapCollector } = this;
    const [profile] = await runQuietly(() => heapCollector.endWindow());
    if (profile === undefined) throw new Error("another heap profiler ended this one");
    return profile.pprof;
  }

  /** Ends what {@link Puller.heap} started. */
  stop(): void {
    this.heapCollector?.stop();
    this.heapCollector = undefined;
  }
}

/** A thread that only waited has no samples; scrapers want a profile all the same. */
const NO_WALL_TIME = {
  sampleTypes: [
    { type: "samples", unit: "count" },
    { type: "wall", unit: "nanoseconds" },
  ],
  periodType: { type: "wall", unit: "nanoseconds" },
};
