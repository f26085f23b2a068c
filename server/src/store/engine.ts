import { mkdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Session } from "chdb";
import { createSchema } from "./create-schema.ts";
import { closedError, EngineError, endedError } from "./engine-error.ts";
import { FairQueue } from "./fair-queue.ts";
import { Reader } from "./reader.ts";
import { createScratchDirectories } from "./scratch.ts";
import { openFirstSession, runSql } from "./session.ts";
import { sqlText } from "./sql-text.ts";
import { Statement, type StatementOptions } from "./statement.ts";

export { EngineError, type EngineErrorCode } from "./engine-error.ts";
export type { StatementOptions } from "./statement.ts";

/** Gets the rows that were inserted, in Native format; undefined when any rows of the table may have changed. */
export type TableListener = (rows: Uint8Array | undefined) => void;

/** A file in Native format to insert from. */
export interface InsertFile {
  readonly path: string;
  /** What to select from its rows; everything by default. */
  readonly columns?: string;
}

/** Rows for a table, from files. */
export interface TableInsert {
  readonly table: string;
  readonly files: readonly InsertFile[];
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
   * Inserts the rows of files in Native format, in the order of the list and up to the first that fails: one statement
   * for each table, of which all rows of a partition are there or none. The rows are there for every query that starts
   * after the promise resolves.
   */
  insertFiles(inserts: readonly TableInsert[]): Promise<void>;
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

function insertStatement({ table, files }: TableInsert): string {
  const selects = files.map(
    ({ path, columns = "*" }) => `SELECT ${columns} FROM file(${sqlText(path)}, 'Native')`,
  );
  return `INSERT INTO ${table} ${selects.join(" UNION ALL ")}`;
}

/** Priority of the threads of a statement in the background, as that of merges in `session.ts`. */
const STATEMENT_NICE = "os_threads_nice_value_query";

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
    this.writer = openFirstSession(directory);
    this.killer = new Session(directory);
    this.helper = new Reader(new Session(directory));
    this.readers = Array.from({ length: readerCount }, () => new Reader(new Session(directory)));
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
      await runSql(session, "SET compile_expressions = 0");
      await runSql(session, "SET max_query_size = 1048576");
    }
    await runSql(this.helper.session, "SET max_threads = 1");
    await runSql(this.helper.session, "SET max_insert_threads = 1");
    await runSql(this.helper.session, `SET ${STATEMENT_NICE} = 15`);
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
    return this.submit(sql, options, (statement) => {
      this.waiting.push(options.queue ?? "", statement);
      this.startWaiting();
    });
  }

  background(sql: string, signal: AbortSignal): Promise<Uint8Array> {
    return this.submit(sql, { signal, maxMemoryBytes: BACKGROUND_BYTES }, (statement) => {
      statement.state = "running";
      this.lastBackground = this.lastBackground.then(() => this.helper.run(statement));
      this.track(this.lastBackground);
    });
  }

  command(sql: string): Promise<void> {
    const table = /^\s*(?:INSERT INTO|ALTER TABLE) (\w+)/.exec(sql)?.[1];
    return this.write(sql, () => this.tell(table ?? "", undefined));
  }

  /** The engine gets all statements at once: one after the other, each would wait for a turn of a busy event loop. */
  async insertFiles(inserts: readonly TableInsert[]): Promise<void> {
    if (inserts.length === 0) return;
    const watched = inserts
      .filter(({ table }) => this.listeners.has(table))
      .map(({ table, files }) => ({
        table,
        rows: Buffer.concat(files.map(({ path }) => readFileSync(path))),
      }));
    await this.write(inserts.map(insertStatement).join("; "), (well) => {
      for (const { table, rows } of watched) this.tell(table, well ? rows : undefined);
    });
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
      .then(() => runSql(this.writer, sql))
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

  private tell(table: string, rows: Uint8Array | undefined): void {
    for (const listener of this.listeners.get(table) ?? []) listener(rows);
  }

  private submit(
    sql: string,
    options: StatementOptions,
    run: (statement: Statement) => void,
  ): Promise<Uint8Array> {
    if (this.closing !== undefined) return Promise.reject(closedError());
    if (options.signal?.aborted) return Promise.reject(endedError("cancelled"));
    const statement = new Statement(sql, options, () => this.end(statement));
    run(statement);
    return statement.answer;
  }

  private startWaiting(): void {
    while (this.idle.length > 0) {
      const statement = this.waiting.shift();
      if (statement === undefined) return;
      const reader = this.idle.pop()!;
      statement.state = "running";
      this.track(
        reader.run(statement).finally(() => {
          this.idle.push(reader);
          this.startWaiting();
        }),
      );
    }
  }

  /** Takes a statement out of the queue, or ends it in the engine. */
  private end(statement: Statement): void {
    if (statement.state === "waiting") {
      this.waiting.remove(statement);
      statement.reject();
      return;
    }
    this.track(this.kill(statement));
  }

  /** An abort signal only rejects the promise in the engine's bindings; KILL QUERY from another connection ends the work. */
  private async kill(statement: Statement): Promise<void> {
    while (statement.state === "running") {
      try {
        await runSql(this.killer, `KILL QUERY WHERE startsWith(query, '${statement.mark}') ASYNC`);
      } catch {
        // The statement may have ended in between; the loop looks again.
      }
      await new Promise((done) => setTimeout(done, KILL_RETRY_MS));
    }
  }

  private track(promise: Promise<unknown>): void {
    const tracked = promise.catch(() => undefined).finally(() => this.running.delete(tracked));
    this.running.add(tracked);
  }
}
