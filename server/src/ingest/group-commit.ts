import type { Committer, SealedBatch } from "../store/commit.ts";
import type { IngestObserver } from "./ingester.ts";
import type { Lane } from "./lane.ts";
import { type Push, storageFailure } from "./push.ts";

/** Rows of `samples` at which a batch is written without waiting for more. */
const SEAL_SAMPLES = 200_000;

const UNAVAILABLE = "service is unavailable";

/** A batch taken from its lane, with the pushes whose rows it has. */
interface SealedLane {
  readonly lane: Lane;
  readonly pushes: readonly Push[];
  readonly batch: SealedBatch;
}

/** What {@link GroupCommit} works with. */
export interface GroupCommitOptions {
  readonly lanes: readonly Lane[];
  readonly committer: Committer;
  /** Milliseconds for which pushes are gathered before they are written together. */
  readonly gatherMs: number;
  readonly observer: IngestObserver | undefined;
  readonly onError: ((message: string, error: unknown) => void) | undefined;
  /** Called when the batch of a lane was taken from it: its worker may get more. */
  readonly send: (lane: Lane) => void;
}

/**
 * Natural group commit: while the batches of all lanes are written together the next are gathered, so that they grow
 * with the load. A push is answered when the batch with its rows is on disk.
 */
export class GroupCommit {
  private readonly options: GroupCommitOptions;
  private nextBatch = 1;
  private committing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private draining = 0;
  private isDetourTold = false;

  constructor(options: GroupCommitOptions) {
    this.options = options;
  }

  /** Writes without gathering until all of `pending` is answered. */
  async drain(pending: ReadonlySet<Promise<unknown>>): Promise<void> {
    this.draining++;
    try {
      while (pending.size > 0) {
        this.commitSoon();
        await Promise.race([...pending]);
      }
    } finally {
      this.draining--;
    }
  }

  /** Resolves after the last write; to be called when there is nothing left to write. */
  async close(): Promise<void> {
    await this.committing;
    clearTimeout(this.timer);
  }

  /** Writes now, when the batch has been gathered, or after the current write. */
  commitSoon(): void {
    if (this.committing !== undefined) return;
    const open = this.options.lanes.filter((lane) => lane.open.length > 0);
    if (open.length === 0) return;
    const full = open.some((lane) => lane.openSamples >= SEAL_SAMPLES);
    const oldest = Math.min(...open.map((lane) => lane.openSince));
    const waitMs =
      full || this.draining > 0 ? 0 : oldest + this.options.gatherMs - performance.now();
    if (waitMs > 0) {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.commitSoon();
      }, waitMs);
      return;
    }
    this.committing = this.commit(open).then(() => {
      this.committing = undefined;
      this.commitSoon();
    });
  }

  /** The rows of the lane's open batch are lost. */
  failOpen(lane: Lane, message: string): void {
    const { open } = lane;
    lane.open = [];
    lane.openSamples = 0;
    for (const push of open) this.failStored(push, message);
    this.options.send(lane);
  }

  private async commit(lanes: readonly Lane[]): Promise<void> {
    const since = Math.min(...lanes.map((lane) => lane.openSince));
    const sealed = (await Promise.all(lanes.map((lane) => this.seal(lane)))).filter(
      (lane) => lane !== undefined,
    );
    if (sealed.length === 0) return;
    const batches = sealed.map(({ batch }) => batch);
    const begin = performance.now();
    const ok = await this.options.committer.commit(batches).then(
      () => true,
      (error: unknown) => {
        this.options.onError?.("a batch could not be stored", error);
        return false;
      },
    );
    const now = performance.now();
    const days = batches.flatMap((batch) => batch.days);
    const files = [...batches.flatMap((batch) => batch.tables), ...days];
    this.options.observer?.batch?.({
      ok,
      rows: days.reduce((sum, day) => sum + day.sampleCount, 0),
      bytes: files.reduce((sum, { file }) => sum + file.bytes, 0),
      ageMs: now - since,
      insertMs: now - begin,
    });
    await Promise.all(sealed.map(({ lane, pushes }) => this.answer(lane, pushes, ok)));
  }

  /** Takes the batch of a lane from it; undefined when that failed, and its pushes with it. */
  private async seal(lane: Lane): Promise<SealedLane | undefined> {
    let pushes: Push[] = [];
    try {
      const { batch, detour } = await lane.slot.seal(`${this.nextBatch++}`, () => {
        pushes = lane.open;
        lane.open = [];
        lane.openSamples = 0;
      });
      this.tellDetour(detour);
      return { lane, pushes, batch };
    } catch (error) {
      // The thread, or the one in its place, has begun anew by itself.
      for (const push of pushes) this.failStored(push, UNAVAILABLE);
      this.options.onError?.("a batch could not be written to files", error);
      return undefined;
    } finally {
      this.options.send(lane);
    }
  }

  private async answer(lane: Lane, pushes: readonly Push[], ok: boolean): Promise<void> {
    if (ok) {
      for (const push of pushes) push.resolve(push.outcomes!.map(({ result }) => result));
      return;
    }
    for (const push of pushes) this.failStored(push, UNAVAILABLE);
    // Later rows use numbers of symbols that may not have been stored.
    await lane.slot.reset(() => this.failOpen(lane, UNAVAILABLE)).catch(() => undefined);
  }

  /** Once: the next batch will most likely go the same way. */
  private tellDetour(detour: Error | undefined): void {
    if (detour === undefined || this.isDetourTold) return;
    this.isDetourTold = true;
    this.options.onError?.("batches go by way of the disk, not of memory", detour);
  }

  /** Units with rows in a lost batch failed; the others keep their result. */
  private failStored(push: Push, message: string): void {
    push.resolve(
      push.outcomes!.map(({ result, stored }) =>
        stored ? { ...storageFailure(message), sizeBytes: result.sizeBytes } : result,
      ),
    );
  }
}
