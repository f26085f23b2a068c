import { Worker } from "node:worker_threads";
import type { Job, JobDone, WorkerReply, WorkerRequest } from "./messages.ts";
import type { Sealed } from "./open-batch.ts";
import type { WorkerOptions } from "./worker.ts";

/** What a slot tells its owner. */
export interface SlotEvents {
  /** A thread can work from now on; what came before waits for it. */
  ready(): void;
  /** A job was worked off; its rows, if any, are in the open batch. */
  done(reply: JobDone): void;
  /** The thread died and was replaced; every job it had is lost. */
  died(error: Error): void;
}

interface Waiting {
  atOnce(): void;
  resolve(reply: WorkerReply): void;
  reject(error: Error): void;
}

/** A thread that lives for so long did not die of what made it, so the next one is started at once. */
const LONG_LIFE_MS = 10_000;
/** Pause before a thread is replaced that died sooner, doubled each time that happens again. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** A worker thread, replaced when it dies, with its answers in the order of the requests. */
export class WorkerSlot {
  /** Resolves when the first thread can work; rejects when it dies before, and then there is no other. */
  readonly ready: Promise<void>;
  /** Undefined between a death and the next thread. */
  private worker: Worker | undefined;
  private readonly options: WorkerOptions;
  private readonly events: SlotEvents;
  private waiting: Waiting[] = [];
  /** Requests for the next thread. */
  private unsent: WorkerRequest[] = [];
  private earlyDeaths = 0;
  private pause: NodeJS.Timeout | undefined;
  private closed = false;
  private threadIsReady = false;

  constructor(options: WorkerOptions, events: SlotEvents) {
    this.options = options;
    this.events = events;
    this.ready = new Promise((resolve, reject) => {
      this.start(resolve, reject);
    });
  }

  /** False from a death until the next thread can work. */
  get hasThread(): boolean {
    return this.threadIsReady;
  }

  run(job: Job): void {
    this.post(job);
  }

  /**
   * The rows of all jobs whose `done` came before `sealed` is called, in files. One message of the worker may hold
   * answers to later jobs too, whose rows are in the next batch; hence the call in the middle of them: what follows
   * an `await` comes after them all.
   */
  async seal(name: string, sealed: () => void): Promise<Sealed> {
    const reply = await this.request({ kind: "seal", name }, sealed);
    if (reply.kind === "sealed") return reply;
    throw new Error(reply.kind === "seal-failed" ? reply.message : `worker answered ${reply.kind}`);
  }

  /** Drops the open batch, with the rows of all jobs whose `done` came before `dropped` is called, and all numbers. */
  async reset(dropped: () => void): Promise<void> {
    // The next thread has neither.
    if (this.worker === undefined) return dropped();
    await this.request({ kind: "reset" }, dropped);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.pause);
    await this.worker?.terminate();
  }

  private request(request: WorkerRequest, atOnce: () => void): Promise<WorkerReply> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ atOnce, resolve, reject });
      this.post(request);
    });
  }

  private post(request: WorkerRequest): void {
    if (this.worker === undefined) this.unsent.push(request);
    else this.worker.postMessage(request, request.kind === "job" ? [request.data.buffer] : []);
  }

  /** The functions are those of the first thread's promise. */
  private start(resolve?: () => void, reject?: (error: Error) => void): void {
    const since = performance.now();
    const fromSource = import.meta.url.endsWith(".ts");
    const worker = new Worker(
      new URL(fromSource ? "./worker.ts" : "./worker.js", import.meta.url),
      {
        workerData: this.options,
        name: "ingest",
        ...(fromSource ? { execArgv: ["--conditions=source"] } : {}),
      },
    );
    let failure = new Error("worker thread ended");
    worker.on("message", (replies: readonly WorkerReply[]) => {
      for (const reply of replies) {
        if (reply.kind === "ready") {
          this.threadIsReady = true;
          resolve?.();
          this.events.ready();
        } else if (reply.kind === "done") this.events.done(reply);
        else {
          const waiting = this.waiting.shift();
          waiting?.atOnce();
          waiting?.resolve(reply);
        }
      }
    });
    worker.on("error", (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    worker.on("exit", () => {
      if (this.closed) return;
      if (!this.threadIsReady && reject !== undefined) {
        reject(failure);
        return;
      }
      this.worker = undefined;
      this.threadIsReady = false;
      this.earlyDeaths = performance.now() - since < LONG_LIFE_MS ? this.earlyDeaths + 1 : 0;
      const pauseMs =
        this.earlyDeaths === 0
          ? 0
          : Math.min(FIRST_PAUSE_MS * 2 ** (this.earlyDeaths - 1), LONGEST_PAUSE_MS);
      this.pause = setTimeout(() => this.start(), pauseMs);
      const { waiting } = this;
      this.waiting = [];
      for (const waiter of waiting) waiter.reject(failure);
      this.events.died(failure);
    });
    this.worker = worker;
    const { unsent } = this;
    this.unsent = [];
    for (const request of unsent) this.post(request);
  }
}
