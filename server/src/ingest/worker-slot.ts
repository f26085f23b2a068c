import { Worker } from "node:worker_threads";
import type { SealedBatch } from "../store/commit.ts";
import type { Job, JobDone, WorkerReply, WorkerRequest } from "./messages.ts";
import type { WorkerOptions } from "./worker.ts";

/** What a slot tells its owner. */
export interface SlotEvents {
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

/** A worker thread, replaced when it dies, with its answers in the order of the requests. */
export class WorkerSlot {
  private worker: Worker;
  private readonly options: WorkerOptions;
  private readonly events: SlotEvents;
  private waiting: Waiting[] = [];
  private closed = false;

  constructor(options: WorkerOptions, events: SlotEvents) {
    this.options = options;
    this.events = events;
    this.worker = this.start();
  }

  run(job: Job): void {
    this.worker.postMessage(job, [job.data.buffer]);
  }

  /**
   * The rows of all jobs whose `done` came before `sealed` is called, in files. One message of the worker may hold
   * answers to later jobs too, whose rows are in the next batch; hence the call in the middle of them: what follows
   * an `await` comes after them all.
   */
  async seal(name: string, sealed: () => void): Promise<SealedBatch> {
    const reply = await this.request({ kind: "seal", name }, sealed);
    if (reply.kind === "sealed") return reply.batch;
    throw new Error(reply.kind === "seal-failed" ? reply.message : `worker answered ${reply.kind}`);
  }

  /** Drops the open batch, with the rows of all jobs whose `done` came before `dropped` is called, and all numbers. */
  async reset(dropped: () => void): Promise<void> {
    await this.request({ kind: "reset" }, dropped);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.worker.terminate();
  }

  private request(request: WorkerRequest, atOnce: () => void): Promise<WorkerReply> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ atOnce, resolve, reject });
      this.worker.postMessage(request);
    });
  }

  private start(): Worker {
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
        if (reply.kind === "done") this.events.done(reply);
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
      const { waiting } = this;
      this.waiting = [];
      this.worker = this.start();
      for (const { reject } of waiting) reject(failure);
      this.events.died(failure);
    });
    return worker;
  }
}
