import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { WorkerSlot } from "./worker-slot.ts";

const directory = mkdtempSync(join(tmpdir(), "pyrospan-slot-"));
const options = {
  scratchDirectory: directory,
  spareDirectory: directory,
  dictionaryBytes: 1_000_000,
};

let onThread: ((thread: Worker) => void) | undefined;

/** Every thread of this process is shown to `seen` when it is made. */
function watchThreads(seen: (thread: Worker) => void): void {
  onThread = seen;
  process.on("worker", seen);
}

afterEach(() => {
  if (onThread !== undefined) process.off("worker", onThread);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("a thread", () => {
  it("that dies before it can work is not replaced: the start fails", async () => {
    let made = 0;
    watchThreads((thread) => {
      made++;
      void thread.terminate();
    });
    const events = { ready: () => {}, done: () => {}, died: () => expect.unreachable() };
    const slot = new WorkerSlot(options, events);
    await expect(slot.ready).rejects.toThrow("worker thread ended");
    await slot.close();
    expect(made).toBe(1);
  });

  it("that dies again and again is replaced after longer and longer pauses", async () => {
    const made: { thread: Worker; at: number }[] = [];
    /** When a thread was ended: before it was, and before its pause began. */
    const ended: number[] = [];
    watchThreads((thread) => {
      made.push({ thread, at: performance.now() });
      if (made.length !== 2 && made.length !== 3) return;
      ended.push(performance.now());
      void thread.terminate();
    });
    const slot = new WorkerSlot(options, { ready: () => {}, done: () => {}, died: () => {} });
    await slot.ready;
    ended.push(performance.now());
    await made[0]!.thread.terminate();
    // The request is for the next thread, and lost with it; that for the fourth is answered.
    let answered = false;
    while (!answered) {
      answered = await slot
        .seal("empty", () => {})
        .then(
          () => true,
          () => false,
        );
    }
    await slot.close();
    expect(made).toHaveLength(4);
    const pauses = ended.map((at, i) => made[i + 1]!.at - at);
    // A timer may be a millisecond early.
    [100, 200, 400].forEach((pauseMs, i) => {
      expect(pauses[i]).toBeGreaterThan(pauseMs - 2);
    });
  });
});
