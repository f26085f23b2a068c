import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Session } from "chdb";
import { createSchema } from "./create-schema.ts";
import {
  closedError,
  EngineError,
  type EngineErrorCode,
  endedError,
  toEngineError,
} from "./engine-error.ts";
import { FairQueue } from "./fair-queue.ts";
import { createScratchDirectories } from "./scratch.ts";
import { sqlText } from "./sql-text.ts";

export { EngineError, type EngineErrorCode } from "./engine-error.ts";

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

/** Gets the rows that were inserted, in Native format; undefined when any rows of the table may have changed. */
export type TableListener = (rows: Uint8Array | undefined) => void;

/** A file in Native format to insert from. */
export interface InsertFile {
  readonly path: string;
  /** What to select from its rows; everything by default. */
  readonly columns?: string;
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
  /** A directory for the files of inserts, in memory where the system has such a place. Removed by `close`. */
  readonly scratchDirectory: string;
  /** Another one on the disk of the data, for when the first cannot be written to. */
  readonly spareDirectory: string;
  /** Runs a reading statement; the answer is in Native format (see `decodeNative`) unless the SQL says FORMAT. */
  query(sql: string, options?: StatementOptions): Promise<Uint8Array>;
  /** Runs a writing or administrative statement, one after the other, apart from the readers. */
  command(sql: string): Promise<void>;
  /**
   * Runs a statement of either kind that can wait, one after the other, apart from readers and the writer: on one thread
   * of little priority, with {@link BACKGROUND_BYTES} of memory at most.
   */
  background(sql: string, signal: AbortSignal): Promise<Uint8Array>;
  /**
   * Inserts the rows of files in Native format with one statement, all of a partition of the table or none. The rows are
   * there for every query that starts after the promise resolves.
   */
  insertFiles(table: string, files: readonly InsertFile[]): Promise<void>;
  /** Calls a function at each change of a table, before the promise of the statement resolves. */
  watch(table: string, listener: TableListener): void;
  /** Waits for running statements, then lets go of the directory. Later statements fail with code `closed`. */
  close(): Promise<void>;
}

/**
 * Opens the store in a directory and makes its tables. Only on the main thread: the engine does not survive the end
 * of a worker thread that used it. Statements occupy threads of libuv's pool, so `UV_THREADPOOL_SIZE` should be well
 * above the number of readers, or file access and compression wait for queries.
 *
 * Throws {@link EngineError}: `busy_directory` when another process has the directory, `wrong_version` when the data
 * is from a newer version, `failed` when the path has characters that mean something else to the engine.
 */
export async function openEngine(path: string, options: EngineOptions = {}): Promise<Engine> {
  const directory = resolve(path);
  checkName(directory);
  mkdirSync(directory, { recursive: true });
  const engine = new EmbeddedEngine(directory, options.readers ?? 4);
  try {
    await engine.prepareReaders();
    await engine.prepareWriter();
    await createSchema(engine, { fsync: options.fsync ?? true });
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}

/** The engine takes these in the name of a file for a pattern or an archive, and inserts would read other files. */
function checkName(directory: string): void {
  const taken = /[*?{}]|::/.exec(directory)?.[0];
  if (taken === undefined) return;
  throw new EngineError(
    "failed",
    `a data directory may not have * ? { } or :: in its path, ${directory} has ${taken}`,
  );
}

/**
 * Priorities of threads: merges and what runs in the background give way (see `ingest/worker.ts` for what that brings).
 * The engine does so where it may raise them again afterwards (`CAP_SYS_NICE`), else leaves them alone.
 */
const MERGE_NICE = "os_threads_nice_value_merge_mutate";
const STATEMENT_NICE = "os_threads_nice_value_query";

/**
 * Threads that remove what was merged, where more than 100 parts of a table are due at once. With 128, as by default, a
 * disk that discards what is freed (mount option `discard`) was held up by dozens of them at a time: inserts and
 * questions waited for 0.3 to 1.1 s, three or four in a thousand. With two the longest took 0.2 s.
 */
const REMOVERS = "max_parts_cleaning_thread_pool_size";

/** A statement in the queue or on a reader. */
interface Statement {
  readonly sql: string;
  readonly mark: string;
  readonly maxMemoryBytes: number;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
  state: "waiting" | "running" | "settled";
  /** Why it is being ended. */
  ending: EngineErrorCode | undefined;
}

interface Reader {
  readonly session: Session;
  maxMemoryBytes: number;
  /** A statement failed or was ended here since {@link EmbeddedEngine.clear}. */
  hasLeftovers: boolean;
}

/** Most memory of a statement in the background. */
const BACKGROUND_BYTES = 1024 ** 3;

/** Pause between two tries to end a statement: it may not have reached the engine's list yet. */
const KILL_RETRY_MS = 20;

class EmbeddedEngine implements Engine {
  readonly scratchDirectory: string;
  readonly spareDirectory: string;
  private readonly writer: Session;
  private readonly killer: Session;
  private readonly helper: Reader;
  private readonly readers: Reader[];
  private readonly idle: Reader[];
  private readonly waiting = new FairQueue<Statement>();
  private readonly running = new Set<Promise<unknown>>();
  private lastWrite: Promise<unknown> = Promise.resolve();
  private lastBackground: Promise<unknown> = Promise.resolve();
  private readonly listeners = new Map<string, TableListener[]>();
  private closing: Promise<void> | undefined;

  constructor(directory: string, readerCount: number) {
    this.writer = openSession(directory);
    this.killer = new Session(directory);
    this.helper = openReader(directory);
    this.readers = Array.from({ length: readerCount }, () => openReader(directory));
    this.idle = [...this.readers];
    const { preferred, onDisk } = createScratchDirectories(directory);
    this.scratchDirectory = preferred;
    this.spareDirectory = onDisk;
  }

  /**
   * Expressions are interpreted: compiled, as they are from their third use on, `least` of an Int128 below zero and a
   * constant is the constant (26.7). A question that names thousands of series in two tables passes the 256 KiB that a
   * statement may have by default.
   */
  async prepareReaders(): Promise<void> {
    for (const { session } of [this.helper, ...this.readers]) {
      await this.run(session, "SET compile_expressions = 0");
      await this.run(session, "SET max_query_size = 1048576");
    }
    await this.run(this.helper.session, "SET max_threads = 1");
    await this.run(this.helper.session, "SET max_insert_threads = 1");
    await this.run(this.helper.session, `SET ${STATEMENT_NICE} = 15`);
  }

  async prepareWriter(): Promise<void> {
    // Inserts are small: spreading one over threads costs a third more CPU than it takes on one.
    await this.command("SET max_threads = 1");
    await this.command("SET max_insert_threads = 1");
    // The rows of all files of an insert become one block, however many, and so one part, which is there or is not.
    await this.command("SET min_insert_block_size_rows = 4294967296");
    await this.command("SET min_insert_block_size_bytes = 1099511627776");
    // Merges make the skip indexes: a part from an insert is small, and without them has six files fewer to write and to
    // remove. A profile takes 8 % less CPU so.
    await this.command("SET materialize_skip_indexes_on_insert = 0");
    // Imports of old profiles may have more days in one batch than the 100 that are allowed by default.
    await this.command("SET max_partitions_per_insert_block = 0");
  }

  query(sql: string, options: StatementOptions = {}): Promise<Uint8Array> {
    return this.start(sql, options, (statement) => {
      this.waiting.push(options.queue ?? "", statement);
      this.startWaiting();
    });
  }

  background(sql: string, signal: AbortSignal): Promise<Uint8Array> {
    return this.start(sql, { signal, maxMemoryBytes: BACKGROUND_BYTES }, (statement) => {
      statement.state = "running";
      const run = (): Promise<void> => this.runStatement(this.helper, statement);
      this.lastBackground = this.lastBackground.then(run);
      this.track(this.lastBackground);
    });
  }

  private start(
    sql: string,
    options: StatementOptions,
    submit: (statement: Statement) => void,
  ): Promise<Uint8Array> {
    if (this.closing !== undefined) return Promise.reject(closedError());
    const { signal, timeoutMs } = options;
    if (signal?.aborted) return Promise.reject(endedError("cancelled"));
    return new Promise<Uint8Array>((resolvePromise, rejectPromise) => {
      const mark = `/* statement ${randomUUID()} */`;
      const end = (code: EngineErrorCode): void => this.end(statement, code);
      const onAbort = (): void => end("cancelled");
      const timer =
        timeoutMs === undefined || timeoutMs <= 0
          ? undefined
          : setTimeout(() => end("timeout"), timeoutMs);
      timer?.unref();
      const settle = (): void => {
        statement.state = "settled";
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      const statement: Statement = {
        sql: `${mark} ${sql}`,
        mark,
        maxMemoryBytes: options.maxMemoryBytes ?? 0,
        state: "waiting",
        ending: undefined,
        resolve: (bytes) => {
          settle();
          resolvePromise(bytes);
        },
        reject: (error) => {
          settle();
          rejectPromise(error);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      submit(statement);
    });
  }

  command(sql: string): Promise<void> {
    const table = /^\s*(?:INSERT INTO|ALTER TABLE) (\w+)/.exec(sql)?.[1];
    return this.write(sql, () => this.tell(table, undefined));
  }

  async insertFiles(table: string, files: readonly InsertFile[]): Promise<void> {
    const rows = this.listeners.has(table)
      ? Buffer.concat(await Promise.all(files.map(({ path }) => readFile(path))))
      : undefined;
    const selects = files.map(
      ({ path, columns = "*" }) => `SELECT ${columns} FROM file(${sqlText(path)}, 'Native')`,
    );
    await this.write(`INSERT INTO ${table} ${selects.join(" UNION ALL ")}`, (well) =>
      this.tell(table, well ? rows : undefined),
    );
  }

  watch(table: string, listener: TableListener): void {
    const listeners = this.listeners.get(table) ?? [];
    this.listeners.set(table, listeners);
    listeners.push(listener);
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    for (const statement of this.waiting.drain()) statement.reject(closedError());
    // Letting go of a connection while a statement runs on it aborts the process.
    while (this.running.size > 0) await Promise.allSettled([...this.running]);
    for (const { session } of [this.helper, ...this.readers]) session.close();
    this.killer.close();
    this.writer.close();
    if (this.scratchDirectory !== this.spareDirectory) {
      await rm(this.scratchDirectory, { recursive: true, force: true });
    }
  }

  /** `done` is told how the statement ended before the promise settles. */
  private write(sql: string, done: (well: boolean) => void): Promise<void> {
    if (this.closing !== undefined) return Promise.reject(closedError());
    const result = this.lastWrite
      .then(() => this.run(this.writer, sql))
      .then(
        () => done(true),
        (error: unknown) => {
          done(false);
          throw error;
        },
      );
    this.lastWrite = result.catch(() => undefined);
    this.track(result);
    return result;
  }

  private tell(table: string | undefined, rows: Uint8Array | undefined): void {
    for (const listener of this.listeners.get(table ?? "") ?? []) listener(rows);
  }

  private startWaiting(): void {
    while (this.idle.length > 0) {
      const statement = this.waiting.shift();
      if (statement === undefined) return;
      const reader = this.idle.pop()!;
      statement.state = "running";
      this.track(
        this.runStatement(reader, statement).finally(() => {
          this.idle.push(reader);
          this.startWaiting();
        }),
      );
    }
  }

  private async runStatement(reader: Reader, statement: Statement): Promise<void> {
    try {
      await this.clear(reader);
      if (reader.maxMemoryBytes !== statement.maxMemoryBytes) {
        await this.run(reader.session, `SET max_memory_usage = ${statement.maxMemoryBytes}`);
        reader.maxMemoryBytes = statement.maxMemoryBytes;
      }
      if (statement.ending !== undefined) throw endedError(statement.ending);
      statement.resolve(await this.run(reader.session, statement.sql));
    } catch (error) {
      reader.hasLeftovers = true;
      statement.reject(
        statement.ending === undefined ? (error as Error) : endedError(statement.ending, error),
      );
      // When it cannot be cleared now, the next statement tries again and fails in its place.
      await this.clear(reader).catch(() => undefined);
    }
  }

  /**
   * Takes away what a statement had written when it failed or was ended: chdb 3.4.0 puts it in front of the answer to
   * the connection's next statement.
   */
  private async clear(reader: Reader): Promise<void> {
    if (!reader.hasLeftovers) return;
    await this.run(reader.session, "SELECT 1");
    reader.hasLeftovers = false;
  }

  /** Takes a statement out of the queue, or ends it in the engine. */
  private end(statement: Statement, code: EngineErrorCode): void {
    if (statement.state === "settled" || statement.ending !== undefined) return;
    statement.ending = code;
    if (statement.state === "waiting") {
      this.waiting.remove(statement);
      statement.reject(endedError(code));
      return;
    }
    this.track(this.kill(statement));
  }

  /** An abort signal only rejects the promise in the engine's bindings; KILL QUERY from another connection ends the work. */
  private async kill(statement: Statement): Promise<void> {
    while (statement.state === "running") {
      try {
        await this.run(
          this.killer,
          `KILL QUERY WHERE startsWith(query, '${statement.mark}') ASYNC`,
        );
      } catch {
        // The statement may have ended in between; the loop looks again.
      }
      await new Promise((done) => setTimeout(done, KILL_RETRY_MS));
    }
  }

  private async run(session: Session, sql: string): Promise<Uint8Array> {
    try {
      const result = await session.queryAsync(sql, { format: "Native" });
      return result.bytes();
    } catch (error) {
      throw toEngineError(error);
    }
  }

  private track(promise: Promise<unknown>): void {
    const tracked = promise.catch(() => undefined).finally(() => this.running.delete(tracked));
    this.running.add(tracked);
  }
}

function openSession(directory: string): Session {
  try {
    return new Session(directory, { connectionArgs: [`--${MERGE_NICE}=15`, `--${REMOVERS}=2`] });
  } catch (error) {
    const owner = lockOwner(directory);
    if (owner === undefined) {
      throw new EngineError("failed", `cannot open the store in ${directory}`, { cause: error });
    }
    throw new EngineError(
      "busy_directory",
      `${directory} is in use by process ${owner}; each server needs a data directory of its own`,
      { cause: error },
    );
  }
}

function openReader(directory: string): Reader {
  return { session: new Session(directory), maxMemoryBytes: 0, hasLeftovers: false };
}

/** The engine writes its process id into `status` and holds a lock on that file. */
function lockOwner(directory: string): number | undefined {
  try {
    const pid = Number(/PID: (\d+)/.exec(readFileSync(join(directory, "status"), "utf8"))?.[1]);
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
