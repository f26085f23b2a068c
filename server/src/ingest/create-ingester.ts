import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { TenantLimits } from "../limits.ts";
import { type Committer, createCommitter } from "../store/commit.ts";
import type { Engine } from "../store/engine.ts";
import type { OpenDays } from "../store/open-days.ts";
import { GroupCommit } from "./group-commit.ts";
import type {
  Arrival,
  Ingester,
  IngestObserver,
  IngestStats,
  IngestUnit,
  UnitResult,
  WaitCause,
  WaitRefusal,
} from "./ingester.ts";
import { type Lane, load } from "./lane.ts";
import type { JobDone } from "./messages.ts";
import {
  compressedBytes,
  type Push,
  refuseAll,
  storageFailure,
  toJob,
  waitRefusal,
} from "./push.ts";
import { RateBuckets } from "./rate-limit.ts";
import { RefusalPace } from "./refusal-pace.ts";
import { WaitBound } from "./wait-bound.ts";
import { WorkPace } from "./work-pace.ts";
import { WorkerSlot } from "./worker-slot.ts";

/** Choices of {@link createIngester}. */
export interface IngesterOptions {
  readonly engine: Engine;
  /** Threads that decode. Default: one less than there are cores, but as many where there are only one or two. */
  readonly workers?: number;
  /**
   * Milliseconds for which pushes are gathered before they are written together. Longer means fewer and larger
   * inserts, which cost less each, and later answers. Default 60.
   */
  readonly gatherMs?: number;
  /**
   * Payload bytes of unanswered pushes above which new ones are refused. Default 32 MiB. A new one counts for at most
   * half of it: one that is larger than all of it would wait for a moment with nothing else, which may never come.
   */
  readonly maxWaitingBytes?: number;
  /**
   * Milliseconds that a push may have to wait for a worker, as expected when it comes, above which it is refused; 0 =
   * no limit. Default 1500: 200 writers with heap profiles of 110 KB wait 1000 to 1300 for one worker on two cores.
   */
  readonly maxWaitMs?: number;
  /** Memory for the dictionaries of all workers together, in bytes. Default 128 MiB. */
  readonly dictionaryBytes?: number;
  /** Is told what was stored, for sums by hour. */
  readonly openDays?: OpenDays;
  readonly observer?: IngestObserver;
  /** Told what an operator should know: failed writes, detours, dead threads. */
  readonly onError?: (message: string, error: unknown) => void;
}

/**
 * Starts the write path on an open store, after removing what a crash left half written. Rejects when its threads cannot
 * start.
 */
export async function createIngester(options: IngesterOptions): Promise<Ingester> {
  const committer = await createCommitter(options.engine, options.openDays);
  const ingester = new LaneIngester(options, committer);
  try {
    await ingester.started();
  } catch (cause) {
    await ingester.close();
    throw new Error("an ingest thread could not start", { cause });
  }
  return ingester;
}

/** Jobs that a worker has at a time: enough to be busy, few enough that a batch is sealed soon after it is asked for. */
const JOBS_AT_ONCE = 8;
/** Rows of `samples` in a lane's open batch at which its worker gets no more jobs. */
const STOP_SAMPLES = 1_000_000;

/**
 * Share of the bound on waiting after which a push that was let in is refused all the same: work slowed down meanwhile,
 * or so much more came that the bound fell.
 */
const LATE = 4 / 3;

/** Decides which pushes are let in, and which worker gets each. */
class LaneIngester implements Ingester {
  private readonly options: IngesterOptions;
  private readonly lanes: Lane[];
  private readonly commits: GroupCommit;
  private readonly maxWaitingBytes: number;
  private readonly maxWaitMs: number;
  /** None: no limit. */
  private readonly waitBound: WaitBound | undefined;
  private readonly refusalPace = new RefusalPace();
  private readonly buckets = new RateBuckets();
  private readonly limitsKeys = new WeakMap<TenantLimits, string>();
  private readonly pending = new Set<Promise<unknown>>();
  private waitingBytes = 0;
  /** Of pushes whose bodies are still being read. */
  private arrivingPushes = 0;
  private arrivingBytes = 0;
  private nextId = 1;
  private closed = false;

  constructor(options: IngesterOptions, committer: Committer) {
    this.options = options;
    this.maxWaitingBytes = options.maxWaitingBytes ?? 32 * 1024 * 1024;
    this.maxWaitMs = options.maxWaitMs ?? 1500;
    this.waitBound = this.maxWaitMs > 0 ? new WaitBound(this.maxWaitMs) : undefined;
    const cores = availableParallelism();
    // On two cores a second one takes in 560 instead of 438 profiles a second (spans, 200 writers, mean of 4 rounds each).
    const count = options.workers ?? Math.max(cores - 1, Math.min(cores, 2));
    const dictionaryBytes = (options.dictionaryBytes ?? 128 * 1024 * 1024) / count;
    const { scratchDirectory, spareDirectory } = options.engine;
    this.lanes = Array.from({ length: count }, () => {
      const lane: Lane = {
        slot: new WorkerSlot(
          { scratchDirectory, spareDirectory, dictionaryBytes },
          {
            ready: () => {
              lane.workedAt = performance.now();
            },
            done: (reply) => this.jobDone(lane, reply),
            died: (error) => this.workerDied(lane, error),
          },
        ),
        pace: new WorkPace(),
        workedAt: 0,
        waitingBytes: 0,
        queued: [],
        sent: new Map(),
        open: [],
        openSamples: 0,
        openSince: 0,
      };
      return lane;
    });
    this.commits = new GroupCommit({
      lanes: this.lanes,
      committer,
      gatherMs: options.gatherMs ?? 60,
      observer: options.observer,
      onError: options.onError,
      send: (lane) => this.send(lane),
    });
  }

  /** Resolves when all threads can work. */
  async started(): Promise<void> {
    await Promise.all(this.lanes.map(({ slot }) => slot.ready));
  }

  push(
    tenant: string,
    units: readonly IngestUnit[],
    limits: TenantLimits,
  ): Promise<readonly UnitResult[]> {
    if (units.length === 0) return Promise.resolve([]);
    const bytes = compressedBytes(units);
    if (this.closed)
      return Promise.resolve(refuseAll(units, storageFailure("the server is shutting down")));
    const refusal = this.refuse(tenant, bytes);
    if (refusal !== undefined) return sleep(refusal.holdMs, refuseAll(units, refusal));
    const since = performance.now();
    this.waitBound?.decided(false, since);
    this.waitingBytes += bytes;
    const answer = new Promise<readonly UnitResult[]>((resolve) => {
      const push: Push = {
        id: this.nextId++,
        tenant,
        units,
        limits,
        bytes,
        since,
        outcomes: undefined,
        resolve: (results) => {
          this.waitingBytes -= bytes;
          this.observe(push, results);
          resolve(results);
        },
        refuse: (refusal) => {
          this.waitingBytes -= bytes;
          resolve(refuseAll(units, refusal));
        },
      };
      const lane = this.laneFor(push);
      if (load(lane) === 0) lane.workedAt = since;
      lane.waitingBytes += bytes;
      lane.queued.push(push);
      this.send(lane);
    });
    const tracked = answer.finally(() => this.pending.delete(tracked));
    this.pending.add(tracked);
    return answer;
  }

  refuse(tenant: string, bytes: number): WaitRefusal | undefined {
    const held = this.waitingBytes + this.arrivingBytes;
    const counted = Math.min(bytes, this.maxWaitingBytes / 2);
    const expectedMs = this.expectedWaitMs();
    const boundMs = this.waitBound?.at(performance.now()) ?? Number.POSITIVE_INFINITY;
    const cause =
      held + counted > this.maxWaitingBytes
        ? "waiting_bytes"
        : expectedMs > boundMs
          ? "waiting_time"
          : undefined;
    return cause && this.refuseFor(cause, tenant, Math.min(expectedMs, this.maxWaitMs));
  }

  arrival(): Arrival {
    let bytes = 0;
    let ended = false;
    this.arrivingPushes++;
    return {
      received: (more) => {
        if (ended) return;
        bytes += more;
        this.arrivingBytes += more;
      },
      end: () => {
        if (ended) return;
        ended = true;
        this.arrivingPushes--;
        this.arrivingBytes -= bytes;
      },
    };
  }

  stats(): IngestStats {
    return {
      expectedWaitMs: this.expectedWaitMs(),
      waitingBytes: this.waitingBytes,
      waitingPushes: this.pending.size,
      workers: this.lanes.length,
    };
  }

  drain(): Promise<void> {
    return this.commits.drain(this.pending);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.drain();
    await this.commits.close();
    await Promise.all(this.lanes.map(({ slot }) => slot.close()));
  }

  private refuseFor(cause: WaitCause, tenant: string, leastHoldMs: number): WaitRefusal {
    const now = performance.now();
    const refusal = waitRefusal(this.refusalPace.holdMs(now, leastHoldMs));
    this.waitBound?.decided(true, now);
    this.options.observer?.refused?.(tenant, cause, refusal);
    return refusal;
  }

  /** Those that work; all where none does. */
  private workingLanes(): readonly Lane[] {
    const working = this.lanes.filter(({ slot }) => slot.hasThread);
    return working.length > 0 ? working : this.lanes;
  }

  /** How long a push that comes now would wait for a worker, that of the shortest queue. */
  private expectedWaitMs(): number {
    const lanes = this.workingLanes();
    const pushes = this.arrivingPushes / lanes.length;
    const bytes = this.arrivingBytes / lanes.length;
    return Math.min(
      ...lanes.map((lane) => {
        return lane.pace.msFor(load(lane) + pushes, lane.waitingBytes + bytes);
      }),
    );
  }

  /** A service always meets the same dictionary, unless its worker has no thread or much more to do than another. */
  private laneFor(push: Push): Lane {
    const service = push.units[0]?.labels.find(([name]) => name === "service_name")?.[1] ?? "";
    let hash = 0;
    for (const character of push.tenant + service) {
      hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
    }
    const home = this.lanes[hash % this.lanes.length]!;
    const lanes = this.workingLanes();
    const shortest = lanes.reduce((a, b) => (load(b) < load(a) ? b : a));
    const isAway = !lanes.includes(home) || load(home) > load(shortest) + JOBS_AT_ONCE;
    return isAway ? shortest : home;
  }

  private send(lane: Lane): void {
    while (lane.sent.size < JOBS_AT_ONCE && lane.openSamples < STOP_SAMPLES) {
      const push = lane.queued.shift();
      if (push === undefined) return;
      if (this.isLate(push)) {
        lane.waitingBytes -= push.bytes;
        push.refuse(this.refuseFor("waiting_time", push.tenant, 0));
        continue;
      }
      lane.sent.set(push.id, push);
      lane.slot.run(
        toJob(push, this.buckets.of(push.tenant, Date.now()), this.limitsKeyOf(push.limits)),
      );
    }
  }

  private isLate({ since }: Push): boolean {
    const now = performance.now();
    return this.waitBound !== undefined && now - since > LATE * this.waitBound.at(now);
  }

  private jobDone(lane: Lane, reply: JobDone): void {
    const push = lane.sent.get(reply.id);
    if (push === undefined) return;
    lane.sent.delete(reply.id);
    const now = performance.now();
    lane.pace.worked(push.bytes, now - lane.workedAt);
    lane.workedAt = now;
    lane.waitingBytes -= push.bytes;
    lane.openSamples = reply.openSamples;
    push.outcomes = reply.outcomes;
    if (reply.outcomes.some(({ stored }) => stored)) {
      if (lane.open.length === 0) lane.openSince = now;
      lane.open.push(push);
      this.commits.commitSoon();
    } else {
      push.resolve(reply.outcomes.map(({ result }) => result));
    }
    this.send(lane);
  }

  private workerDied(lane: Lane, error: Error): void {
    this.options.onError?.("an ingest thread died and was replaced", error);
    // Apart from what the new thread gets, which begins with the next call of `send`.
    const lost = lane.sent;
    lane.sent = new Map();
    this.commits.failOpen(lane, "an ingest thread died");
    for (const push of lost.values()) {
      lane.waitingBytes -= push.bytes;
      push.resolve(refuseAll(push.units, storageFailure("an ingest thread died")));
    }
  }

  private observe(push: Push, results: readonly UnitResult[]): void {
    const unit = this.options.observer?.unit;
    if (unit === undefined) return;
    results.forEach((result, i) => {
      const outcome = push.outcomes?.[i];
      unit(push.tenant, {
        profileName: outcome?.profileName ?? "",
        result,
        compressedBytes: push.units[i]!.profile.length,
        decompressedBytes: outcome?.decompressedBytes ?? 0,
        samples: outcome?.samples ?? 0,
        sampleBytes: outcome?.sampleBytes,
        workMs: outcome?.workMs ?? 0,
      });
    });
  }

  private limitsKeyOf(limits: TenantLimits): string {
    let key = this.limitsKeys.get(limits);
    if (key === undefined) {
      key = JSON.stringify(limits);
      this.limitsKeys.set(limits, key);
    }
    return key;
  }
}
