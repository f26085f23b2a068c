import { randomUUID } from "node:crypto";
import { type EngineErrorCode, endedError } from "./engine-error.ts";

/** Limits and marks of one statement. */
export interface StatementOptions {
  /** Ends the statement in the engine, not only the wait for it; the promise rejects with code `cancelled`. */
  readonly signal?: AbortSignal;
  /** Milliseconds after which the statement is ended (code `timeout`), waiting included. No limit by default. */
  readonly timeoutMs?: number;
  /** Most memory the statement may take, in bytes (code `memory`). No limit by default. */
  readonly maxMemoryBytes?: number;
  /** Whose turn counts: waiting statements of different queues take turns. Usually the tenant. */
  readonly queue?: string;
}

/** A reading statement, from the queue to its answer. It is ended early when its caller leaves or its time is over. */
export class Statement {
  /** Text by which the engine's list of running statements shows it; a part of `sql`. */
  readonly mark: string = `/* statement ${randomUUID()} */`;
  readonly sql: string;
  /** 0 for no limit. */
  readonly maxMemoryBytes: number;
  readonly answer: Promise<Uint8Array>;
  state: "waiting" | "running" | "settled" = "waiting";
  /** Why it is being ended. */
  ending: EngineErrorCode | undefined;
  private readonly onEnd: (statement: Statement) => void;
  private settle!: {
    readonly resolve: (bytes: Uint8Array) => void;
    readonly reject: (cause: unknown) => void;
  };

  /** `onEnd` is called when the statement is to be ended, at most once, with `ending` set. */
  constructor(sql: string, options: StatementOptions, onEnd: (statement: Statement) => void) {
    this.sql = `${this.mark} ${sql}`;
    this.maxMemoryBytes = options.maxMemoryBytes ?? 0;
    this.onEnd = onEnd;
    const { signal, timeoutMs = 0 } = options;
    const timer = timeoutMs > 0 ? setTimeout(() => this.end("timeout"), timeoutMs) : undefined;
    timer?.unref();
    const onAbort = (): void => this.end("cancelled");
    signal?.addEventListener("abort", onAbort, { once: true });
    this.answer = new Promise<Uint8Array>((resolve, reject) => {
      this.settle = { resolve, reject };
    }).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    });
  }

  resolve(bytes: Uint8Array): void {
    this.state = "settled";
    this.settle.resolve(bytes);
  }

  /** Fails for the cause, or because it was to be ended. */
  reject(cause?: unknown): void {
    this.state = "settled";
    this.settle.reject(this.ending === undefined ? cause : endedError(this.ending, cause));
  }

  private end(code: EngineErrorCode): void {
    if (this.state === "settled" || this.ending !== undefined) return;
    this.ending = code;
    this.onEnd(this);
  }
}
