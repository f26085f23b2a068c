import { errorText, type Reporter } from "../logger.ts";
import type { PushAnswer, Send } from "./http-sender.ts";
import { runQuietly } from "./quiet.ts";
import { isRetryable, type RetryPolicy, retryDelayMs } from "./retry.ts";

/** What became of the uploads so far. */
export interface UploadStats {
  readonly sent: number;
  /** Refused by the server, given up because they had waited too long, or pushed out of the full queue. */
  readonly dropped: number;
  readonly retries: number;
  /** Waiting or on their way. */
  readonly queued: number;
}

export interface UploaderOptions {
  /** Who takes the uploads, for messages. */
  readonly serverAddress: string;
  readonly retry: RetryPolicy;
  /** Uploads that may wait besides the one on its way; the oldest goes when another comes, but never the newest. */
  readonly maxQueued: number;
  /** Bytes that may wait. */
  readonly maxQueuedBytes: number;
}

/** Sends uploads one after another, in order, with retries. Never rejects and never keeps the process alive. */
export class Uploader {
  private readonly send: Send;
  private readonly options: UploaderOptions;
  private readonly reporter: Reporter;
  /** Those that wait, oldest first. */
  private readonly queue: Upload[] = [];
  private onItsWay: Upload | undefined;
  private sending: Promise<void> | undefined;
  private wake: (() => void) | undefined;
  private closed = false;
  /** Failures since the server last took something. */
  private failures = 0;
  private lastProblem = "";
  private sent = 0;
  private dropped = 0;
  private retries = 0;

  constructor(send: Send, options: UploaderOptions, reporter: Reporter) {
    this.send = send;
    this.options = options;
    this.reporter = reporter;
  }

  stats(): UploadStats {
    const { sent, dropped, retries, queue, onItsWay } = this;
    return { sent, dropped, retries, queued: queue.length + (onItsWay === undefined ? 0 : 1) };
  }

  /** Puts an upload in the queue. */
  push(body: Uint8Array): void {
    if (this.closed) return;
    this.queue.push({ body, sinceMs: performance.now() });
    this.dropOverflow();
    this.sending ??= runQuietly(() => this.drain());
  }

  /** Resolves when the queue is empty, without waiting out the pause before a retry, and at the first pace again. */
  async flush(): Promise<void> {
    this.failures = 0;
    this.wake?.();
    await this.sending;
  }

  /** Gives up what waits. An upload on its way is the last, and counts as sent or dropped when that is known. */
  close(): void {
    this.closed = true;
    this.dropped += this.queue.length;
    this.queue.length = 0;
    this.wake?.();
  }

  private async drain(): Promise<void> {
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) {
      await this.deliver(next);
    }
    this.sending = undefined;
  }

  /** Makes one attempt; where another may help, puts the upload back and resolves when it is time for that. */
  private async deliver(upload: Upload): Promise<void> {
    const { retry, serverAddress } = this.options;
    if (performance.now() - upload.sinceMs > retry.maxAgeMs) {
      this.giveUp(upload);
      return;
    }
    this.onItsWay = upload;
    const answer = await this.attempt(upload.body);
    this.onItsWay = undefined;
    if ("status" in answer && answer.status >= 200 && answer.status < 300) {
      this.sent++;
      this.failures = 0;
      this.reporter.debug(`sent ${upload.body.length} bytes`);
      return;
    }
    this.lastProblem =
      "status" in answer ? `HTTP ${answer.status} ${answer.text}` : errorText(answer.error);
    if ("status" in answer && !isRetryable(answer.status)) {
      this.drop(
        `refused-${answer.status}`,
        `${serverAddress} refuses profiles: ${this.lastProblem}`,
      );
      return;
    }
    if (this.closed) {
      this.giveUp(upload);
      return;
    }
    this.reporter.warnOnce(
      "status" in answer ? `retry-${answer.status}` : "unreachable",
      `cannot send profiles to ${serverAddress} for now and tries again: ${this.lastProblem}`,
    );
    this.queue.unshift(upload);
    this.dropOverflow();
    this.failures++;
    this.retries++;
    const retryAfter = "status" in answer ? answer.retryAfter : undefined;
    await this.pause(retryDelayMs(this.failures, retryAfter, retry));
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

  private dropOverflow(): void {
    while (this.queue.length > 1 && this.isOverfull()) {
      this.queue.shift();
      this.drop(
        "queue-full",
        `${this.options.serverAddress} does not keep up: profiles are dropped, oldest first`,
      );
    }
  }

  private isOverfull(): boolean {
    const { maxQueued, maxQueuedBytes } = this.options;
    const bytes = this.queue.reduce((sum, { body }) => sum + body.length, 0);
    return this.queue.length > maxQueued || bytes > maxQueuedBytes;
  }

  private giveUp({ sinceMs }: Upload): void {
    const seconds = ((performance.now() - sinceMs) / 1_000).toFixed();
    this.drop(
      "given-up",
      `gave up sending a profile to ${this.options.serverAddress} after ${seconds} s: ${this.lastProblem}`,
    );
  }

  private drop(problem: string, message: string): void {
    this.dropped++;
    this.reporter.warnOnce(problem, message);
  }
}

interface Upload {
  readonly body: Uint8Array;
  /** When it was made, by the clock of `performance.now()`. */
  readonly sinceMs: number;
}
