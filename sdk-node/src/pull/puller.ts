import { setTimeout as wait } from "node:timers/promises";
import { encodePprof, ProfileBuilder } from "@pyrospan/pprof";
import type { Collector } from "../collect/collector.ts";
import type { Config } from "../config.ts";
import { createCollector } from "../create-collector.ts";
import { errorText, type Logger, quietLogger, Reporter } from "../logger.ts";
import { runQuietly } from "../push/quiet.ts";

/** Takes profiles for whoever asks for them, apart from those that are pushed. */
export class Puller {
  private readonly config: Config;
  private readonly reporter: Reporter;
  private heapCollector: Collector | undefined;
  private wallPull: WallPull | undefined;

  /** Has no effect on the process yet. */
  constructor(config: Config) {
    this.config = config;
    this.reporter = new Reporter(config.logger ?? quietLogger);
  }

  /** Replaces the logger. */
  setLogger(logger: Logger): void {
    this.reporter.use(logger);
  }

  /**
   * Wall time of this thread over the next so many milliseconds, as pprof.
   *
   * @throws {Error} while wall profiles are pushed or pulled already: V8 lets only one profiler run at a time; when
   *   this one was ended before its time, and when samples could not be taken
   */
  async wall(durationMs: number): Promise<Uint8Array> {
    const collector = createCollector(
      "wall",
      { ...this.config, wall: { ...this.config.wall, collectCpuTime: false } },
      this.reporter,
    );
    // Not as own work: the follower takes the context it starts in for that of the application.
    collector.start();
    const pull: WallPull = { collector, ending: new AbortController() };
    this.wallPull = pull;
    try {
      return await runQuietly(() => this.sampleWall(pull, durationMs));
    } finally {
      this.endPull(pull);
    }
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

  /** Ends the wall profile that is being pulled, if any, at once: another profiler can start. */
  endWall(): void {
    if (this.wallPull === undefined) return;
    this.wallPull.ending.abort(new Error("ended by init, start or stop"));
    this.endPull(this.wallPull);
  }

  /** Ends what is being pulled and what {@link Puller.heap} started. */
  stop(): void {
    this.endWall();
    this.reporter.attempt("stop-heap", () => this.heapCollector?.stop());
    this.heapCollector = undefined;
  }

  private async sampleWall(pull: WallPull, durationMs: number): Promise<Uint8Array> {
    const { collector, ending } = pull;
    const { signal } = ending;
    const emptying = setInterval(() => {
      try {
        collector.collect();
      } catch (error) {
        this.reporter.warnOnce("collect-wall", `collect wall failed: ${errorText(error)}`);
        ending.abort(error);
      }
    }, this.config.wall.collectIntervalMs);
    emptying.unref();
    try {
      await wait(durationMs, undefined, { ref: false, signal }).catch(() => {});
      signal.throwIfAborted();
      const [profile] = await collector.endWindow(true);
      return profile?.pprof ?? encodePprof(new ProfileBuilder(NO_WALL_TIME).finish());
    } finally {
      clearInterval(emptying);
    }
  }

  private endPull(pull: WallPull): void {
    if (this.wallPull === pull) this.wallPull = undefined;
    this.reporter.attempt("stop-wall", () => pull.collector.stop());
  }
}

/** A wall profile under way. */
interface WallPull {
  readonly collector: Collector;
  /** Its reason is why there will be no profile. */
  readonly ending: AbortController;
}

/** A thread that only waited has no samples; scrapers want a profile all the same. */
const NO_WALL_TIME = {
  sampleTypes: [
    { type: "samples", unit: "count" },
    { type: "wall", unit: "nanoseconds" },
  ],
  periodType: { type: "wall", unit: "nanoseconds" },
};
