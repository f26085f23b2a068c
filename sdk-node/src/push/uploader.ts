import { errorText, type Reporter } from "../logger.ts";
import type { PushAnswer, Send } from "./http-sender.ts";
import { runQuietly } from "./quiet.ts";
import { isRetryable, type RetryPolicy, retryDelayMs } from "./retry.ts";

/** What became of the uploads so far. */
export interface UploadStats {
  readonly sent: number;
  /** Refused by the server, given up after the last attempt, or pushed out of the full queue. */
  readonly dropped: number;
  readonly retries: number;
  readonly queued: number;
}

export interface UploaderOptions {
  readonly retry: RetryPolicy;
  /** Uploads that may wait; the oldest goes when another comes. */
  readonly maxQueued: number;
  /** Bytes that may wait. */
  readonly maxQueuedBytes: number;
}

/** Sends uploads one after another, in order, with retries. Never rejects and never keeps the process alive. */
export class Uploader {
  private readonly send: Send;
  private readonly options: UploaderOptions;
  private readonly reporter: Reporter;
  private readonly queue: Uint8Array[] = [];
  private sending: Promise<void> | undefined;
  private wake: (() => void) | undefined;
  private closed = false;
  private sent = 0;
  private dropped = 0;
  private retries = 0;

  constructor(send: Send, options: UploaderOptions, reporter: Reporter) {
    this.send = send;
    this.options = options;
    this.reporter = reporter;
  }

  stats(): UploadStats {
    const { sent, dropped, retries, queue } = this;
    return { sent, dropped, retries, queued: queue.length };
  }

  /** Puts an upload in the queue. */
  push(body: Uint8Array): void {
    if (this.closed) return;
    this.queue.push(body);
    while (this.queue.length > 1 && this.isOverfull()) {
      // The one at the front may be on its way; the next has waited longest.
      this.queue.splice(this.sending === undefined ? 0 : 1, 1);
      this.drop("queue-full", "the server does not keep up: profiles are dropped, oldest first");
    }
    this.sending ??= runQuietly(() => this.drain());
  }

  /** Resolves when the queue is empty, without waiting out the pause before a retry. */
  async flush(): Promise<void> {
    this.wake?.();
    await this.sending;
  }

  /** Gives up what is still queued. */
  close(): void {
    this.closed = true;
    for (const _ of this.queue) this.dropped++;
    this.queue.length = 0;
    this.wake?.();
  }

  private async drain(): Promise<void> {
    for (let body = this.queue[0]; body !== undefined; body = this.queue[0]) {
      await this.deliver(body);
      if (this.queue[0] === body) this.queue.shift();
    }
    this.sending = undefined;
  }

  private async deliver(body: Uint8Array): Promise<void> {
    const { retry } = this.options;
    for (let attempt = 1; !this.closed; attempt++) {
      const answer = await this.attempt(body);
      if ("status" in answer && answer.status >= 200 && answer.status < 300) {
        this.sent++;
        this.reporter.debug(`sent ${body.length} bytes`);
        return;
      }
      const problem =
        "status" in answer ? `HTTP ${answer.status} ${answer.text}` : errorText(answer.error);
      if ("status" in answer && !isRetryable(answer.status)) {
        this.drop(`refused-${answer.status}`, `the server refuses profiles: ${problem}`);
        return;
      }
      if (attempt >= retry.attempts) {
        this.drop("given-up", `gave up sending a profile after ${attempt} attempts: ${problem}`);
        return;
      }
      this.reporter.warnOnce(
        "status" in answer ? `retry-${answer.status}` : "unreachable",
        `cannot send profiles for now and tries again: ${problem}`,
      );
      this.retries++;
      const retryAfter = "status" in answer ? answer.retryAfter : undefined;
      await this.pause(retryDelayMs(attempt, retryAfter, retry));
    }
  }

  private async attempt(body: Uint8Array): Promise<PushAnswer | { readonly error: unknown }> {
    try {
      return await this.send(body);
    } catch (error) {
      return { error };
    }
  }

  private pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs).unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private isOverfull(): boolean {
    const { maxQueued, maxQueuedBytes } = this.options;
    const bytes = this.queue.reduce((sum, body) => sum + body.length, 0);
    return this.queue.length > maxQueued || bytes > maxQueuedBytes;
  }

  private drop(problem: string, message: string): void {
    this.dropped++;
    this.reporter.warnOnce(problem, message);
  }
}
