import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from "node:worker_threads";
import { lowerThreadPriority } from "../thread-priority.ts";
import type { WorkerReply, WorkerRequest } from "./messages.ts";
import { OpenBatch } from "./open-batch.ts";
import { forget, runJob } from "./run-job.ts";
import { SeriesResolver } from "./series-resolver.ts";
import type { WorkerState } from "./store-unit.ts";
import { SymbolPartitions } from "./symbol-partition.ts";

/** What a worker is started with. */
export interface WorkerOptions {
  /** Where the files of batches go. */
  readonly scratchDirectory: string;
  /** Where they go when they cannot be written there. */
  readonly spareDirectory: string;
  /** Memory for the dictionaries of symbols, in bytes. */
  readonly dictionaryBytes: number;
}

/** Memory for label sets per worker, in bytes, about. */
const MAX_SET_BYTES = 32 * 1024 * 1024;

const { scratchDirectory, spareDirectory, dictionaryBytes } = workerData as WorkerOptions;
const state: WorkerState = {
  batch: new OpenBatch(),
  partitions: new SymbolPartitions(dictionaryBytes),
  resolver: new SeriesResolver(MAX_SET_BYTES),
};

/**
 * Everything that somebody waits for goes before decoding: at the priority of the others, a span's flame graph took 42
 * instead of 20 ms (p50), and 107 instead of 60 (p99), under 200 writers on two cores; as much was taken in. Decoding goes
 * before merges, which are at 15: when most of both cores goes to refusing pushes, 120 instead of 108 a second are let in.
 */
const NICE = 10;

if (parentPort !== null) {
  lowerThreadPriority(NICE);
  serve(parentPort);
}

/**
 * Answers all requests that have come in with one message. Under load an answer for each of them, with four jobs sent
 * ahead, cost a sixth more CPU per profile (3.06 against 2.62 ms in all, mean of 18 runs each).
 */
function serve(port: MessagePort): void {
  port.postMessage([{ kind: "ready" }] satisfies WorkerReply[]);
  port.on("message", (first: WorkerRequest) => {
    const replies = [answer(first)];
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      replies.push(answer(next.message as WorkerRequest));
    }
    port.postMessage(replies);
  });
}

function answer(request: WorkerRequest): WorkerReply {
  switch (request.kind) {
    case "job": {
      const outcomes = runJob(state, request, Date.now);
      return { kind: "done", id: request.id, outcomes, openSamples: state.batch.sampleCount };
    }
    case "seal": {
      try {
        const sealed = state.batch.seal(scratchDirectory, request.name, spareDirectory);
        return { kind: "sealed", ...sealed };
      } catch (error) {
        forget(state);
        return { kind: "seal-failed", message: (error as Error).message };
      }
    }
    case "reset":
      forget(state);
      return { kind: "reset-done" };
  }
}
