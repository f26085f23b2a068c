import type { StatementOptions } from "../store/engine.ts";
import { QueryError, TIMED_OUT } from "./query-error.ts";

/**
 * A reading that several questions wait for, each no longer than its own time. It goes on while one of them waits, and
 * is told to end when the last has left.
 */
export class SharedLoad<T> {
  /** Has a handler: who does not wait to the end need not look at it. */
  readonly result: Promise<T>;
  private readonly ending = new AbortController();
  private waiting = 0;
  private isDone = false;

  constructor(read: (signal: AbortSignal) => Promise<T>) {
    this.result = read(this.ending.signal);
    const done = (): void => {
      this.isDone = true;
    };
    this.result.then(done, done);
  }

  /** Whether it was told to end before it had: it will most likely fail. */
  get isAbandoned(): boolean {
    return !this.isDone && this.ending.signal.aborted;
  }

  /**
   * Resolves when the reading has ended, well or not.
   *
   * @throws QueryError `deadline_exceeded` when the time of the question is up before, or the reason of its signal
   */
  async ended(question: StatementOptions): Promise<void> {
    if (this.isDone) return;
    this.waiting++;
    try {
      await settledWithin(this.result, question);
    } finally {
      this.waiting--;
      if (this.waiting === 0 && !this.isDone) this.ending.abort();
    }
  }
}

/** Resolves when `work` has settled; rejects when the question ends before. */
async function settledWithin(
  work: Promise<unknown>,
  { signal, timeoutMs }: StatementOptions,
): Promise<void> {
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let leave = (): void => {};
  const end = new Promise<never>((_resolve, reject) => {
    leave = () => reject(signal?.reason);
    if (timeoutMs === undefined) return;
    timer = setTimeout(() => reject(new QueryError("deadline_exceeded", TIMED_OUT)), timeoutMs);
  });
  signal?.addEventListener("abort", leave);
  try {
    await Promise.race([work.catch(() => undefined), end]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", leave);
  }
}
