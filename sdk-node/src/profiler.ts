import { randomUUID } from "node:crypto";
import type { Collector } from "./collect/collector.ts";
import type { Config } from "./config.ts";
import { createCollector, type ProfileKind } from "./create-collector.ts";
import { DRAIN_DEADLINE_MS, withDeadline } from "./drain-deadline.ts";
import type { EncodedProfile } from "./encode/encoded-profile.ts";
import { nextTurn } from "./encode/slices.ts";
import { errorText, type Logger, quietLogger, Reporter } from "./logger.ts";
import { HttpSender } from "./push/http-sender.ts";
import { encodePushRequest } from "./push/push-request.ts";
import { runQuietly } from "./push/quiet.ts";
import { DEFAULT_RETRY } from "./push/retry.ts";
import { Uploader, type UploadStats } from "./push/uploader.ts";
import { seriesLabels } from "./series-labels.ts";

/** Four minutes of windows of the usual length: what a server that is restarted misses, in a few megabytes. */
const QUEUE_LIMITS = { maxQueued: 16, maxQueuedBytes: 8 * 1_024 * 1_024 };

/**
 * A continuous profiler of this isolate. Several may exist, but V8 lets only one run at a time.
 *
 * After construction nothing here throws: what goes wrong is reported to the logger, and the application goes on.
 * Timers and connections never keep the process alive; only a `flush` or `stop` under way does, up to its deadline.
 */
export class Profiler {
  private readonly config: Config;
  private readonly reporter: Reporter;
  private readonly collectors = new Map<ProfileKind, Collector>();
  private uploader: Uploader | undefined;
  /** The same, or the one that was closed last. */
  private lastUploader: Uploader | undefined;
  private sender: HttpSender | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** By the clock of `performance.now()`: that of the wall may be set back. */
  private windowEndMs = 0;
  private windows: Promise<void> = Promise.resolve();
  private stopping: Promise<void> | undefined;

  /** Has no effect on the process yet. */
  constructor(config: Config) {
    this.config = config;
    this.reporter = new Reporter(config.logger ?? quietLogger);
  }

  /** Replaces the logger. */
  setLogger(logger: Logger): void {
    this.reporter.use(logger);
  }

  /** Starts what the configuration enables, or the kinds given; those that run already go on. */
  start(kinds: readonly ProfileKind[] = this.enabledKinds()): void {
    if (kinds.length === 0) return;
    // First: what cannot be sent must not be collected.
    if (this.uploader === undefined)
      this.reporter.attempt("open-uploads", () => this.openUploads());
    if (this.uploader === undefined) return;
    // Not as own work: the follower takes the context it starts in for that of the application.
    for (const kind of kinds) this.startCollector(kind);
    if (this.collectors.size === 0 || this.timer !== undefined) return;
    this.windowEndMs = performance.now() + this.config.flushIntervalMs;
    runQuietly(() => this.schedule());
    this.reporter.info(`profiling started, pushing to ${this.config.serverAddress}`);
  }

  /** Ends the window now and sends it. Resolves when the server has it, or after ten seconds. */
  flush(): Promise<void> {
    const sent = runQuietly(() => this.send(this.endWindow()));
    return withDeadline(sent, true);
  }

  /** Stops profiling (or only the kinds given), sends what is left as `flush` does, and releases everything. */
  stop(kinds?: readonly ProfileKind[]): Promise<void> {
    return this.end(kinds, true);
  }

  /**
   * Stops profiling for another profiler's sake: what is left is sent unless the process ends before. Resolves as
   * `stop` does.
   *
   * @internal
   */
  retire(): Promise<void> {
    return this.end(undefined, false);
  }

  /** Whether anything is being profiled. */
  isRunning(): boolean {
    return this.collectors.size > 0;
  }

  /** What became of the uploads since the last start. */
  uploadStats(): UploadStats {
    return this.lastUploader?.stats() ?? { sent: 0, dropped: 0, retries: 0, queued: 0 };
  }

  private end(kinds: readonly ProfileKind[] | undefined, keepAlive: boolean): Promise<void> {
    // What was collected before is on its way already.
    const earlier = this.stopping ?? Promise.resolve();
    if (this.collectors.size === 0) return earlier;
    const stopped = kinds ?? [...this.collectors.keys()];
    const drained = runQuietly(() => {
      // Takes the last samples before its first await, so the engines can go right away.
      const ended = this.endWindow(stopped);
      for (const kind of stopped) {
        this.reporter.attempt(`stop-${kind}`, () => this.collectors.get(kind)?.stop());
        this.collectors.delete(kind);
      }
      return this.collectors.size > 0 ? this.send(ended) : this.closeUploads(ended);
    });
    if (this.collectors.size > 0) return withDeadline(drained, keepAlive);
    clearTimeout(this.timer);
    this.timer = undefined;
    const both = Promise.all([earlier, drained]).then(() => {});
    const stopping = withDeadline(both, keepAlive).finally(() => {
      if (this.stopping === stopping) this.stopping = undefined;
    });
    this.stopping = stopping;
    return stopping;
  }

  private async send(ended: Promise<void>): Promise<void> {
    const { uploader } = this;
    await ended;
    await uploader?.flush();
  }

  private enabledKinds(): ProfileKind[] {
    const { wall, heap } = this.config;
    return [...(wall.enabled ? ["wall" as const] : []), ...(heap.enabled ? ["heap" as const] : [])];
  }

  private startCollector(kind: ProfileKind): void {
    if (this.collectors.has(kind)) return;
    this.reporter.attempt(`start-${kind}`, () => {
      const collector = createCollector(kind, this.config, this.reporter);
      collector.start();
      this.collectors.set(kind, collector);
    });
  }

  private openUploads(): void {
    const { serverAddress, headers, uploadTimeoutMs } = this.config;
    const sender = new HttpSender({ serverAddress, headers, timeoutMs: uploadTimeoutMs });
    this.sender = sender;
    runQuietly(() => sender.warmUp()).catch(() => {});
    this.uploader = new Uploader(
      (body) => sender.send(body),
      { serverAddress, ...QUEUE_LIMITS, retry: DEFAULT_RETRY },
      this.reporter,
    );
    this.lastUploader = this.uploader;
  }

  private async closeUploads(ended: Promise<void>): Promise<void> {
    const { uploader, sender } = this;
    this.uploader = undefined;
    this.sender = undefined;
    const deadline = setTimeout(() => uploader?.close(), DRAIN_DEADLINE_MS).unref();
    await ended;
    await uploader?.flush();
    clearTimeout(deadline);
    uploader?.close();
    await sender?.close();
  }

  private schedule(): void {
    const delayMs = Math.min(
      this.config.wall.collectIntervalMs,
      this.windowEndMs - performance.now(),
    );
    this.timer = setTimeout(() => runQuietly(() => this.tick()), Math.max(delayMs, 1)).unref();
  }

  private tick(): void {
    if (performance.now() >= this.windowEndMs) {
      void this.endWindow();
    } else {
      for (const [kind, collector] of this.collectors) {
        this.reporter.attempt(`collect-${kind}`, () => collector.collect());
      }
    }
    this.schedule();
  }

  /** Ends the window of every collector at once, of some the `last`, and queues the upload. Never rejects. */
  private endWindow(last: readonly ProfileKind[] = []): Promise<void> {
    this.windowEndMs = performance.now() + this.config.flushIntervalMs;
    const { uploader } = this;
    const ended = [...this.collectors].map(async ([kind, collector]) => {
      try {
        return await collector.endWindow(last.includes(kind));
      } catch (error) {
        this.reporter.warnOnce(`profile-${kind}`, `lost a ${kind} profile: ${errorText(error)}`);
        return [];
      }
    });
    const earlier = this.windows;
    this.windows = Promise.all(ended).then(async (profiles) => {
      await earlier;
      await this.upload(uploader, profiles.flat());
    });
    return this.windows;
  }

  private async upload(
    uploader: Uploader | undefined,
    profiles: readonly EncodedProfile[],
  ): Promise<void> {
    if (profiles.length === 0) return;
    await nextTurn();
    const body = this.reporter.attempt("upload", () => {
      const series = profiles.map(({ name, pprof }) => ({
        labels: { ...seriesLabels(this.config, this.reporter), __name__: name },
        id: randomUUID(),
        profile: pprof,
      }));
      return encodePushRequest(series);
    });
    await nextTurn();
    if (body !== undefined) uploader?.push(body);
  }
}
