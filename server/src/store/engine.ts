/** Limits and marks of one statement. */
export interface StatementOptions {
  /** Ends the statement in the engine, not only the wait for it; the promise rejects with code `cancelled`. */
  readonly signal?: AbortSignal;
  /** Milliseconds after which the engine ends the statement (code `timeout`). No limit by default. */
  readonly timeoutMs?: number;
  /** Most memory the statement may take, in bytes (code `memory`). No limit by default. */
  readonly maxMemoryBytes?: number;
  /** Whose turn counts: waiting statements of different queues take turns. Usually the tenant. */
  readonly queue?: string;
}

/** Why a statement failed. Callers branch on this, never on the message. */
export type EngineErrorCode =
  | "cancelled"
  | "timeout"
  | "memory"
  | "disk_full"
  | "closed"
  | "busy_directory"
  | "wrong_version"
  | "failed";

/** A statement that did not succeed. */
export class EngineError extends Error {
  readonly code: EngineErrorCode;
  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.name = "EngineError";
    this.code = code;
  }
}

/** How to open a store. */
export interface EngineOptions {
  /** Connections for reading: that many queries run at the same time. Default 4. */
  readonly readers?: number;
  /** Data is on the disk, not only in the page cache, when an insert returns. Default true. */
  readonly fsync?: boolean;
}

/** The embedded ClickHouse engine on one data directory. */
export interface Engine {
  /** Runs a reading statement; the answer is in Native format (see `decodeNative`) unless the SQL says FORMAT. */
  query(sql: string, options?: StatementOptions): Promise<Uint8Array>;
  /** Runs a writing or administrative statement, one after the other, apart from the readers. */
  command(sql: string): Promise<void>;
  /** Inserts rows given in Native format. The rows are there for every query that starts after the promise resolves. */
  insertNative(table: string, bytes: Uint8Array): Promise<void>;
  /** Waits for running statements, then lets go of the directory. Later statements fail with code `closed`. */
  close(): Promise<void>;
}
