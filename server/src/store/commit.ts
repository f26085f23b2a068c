import { rm } from "node:fs/promises";
import type { Engine } from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import { bigintsOf, decodeNative } from "./native-reader.ts";

/** A file of rows in Native format. */
export interface SealedFile {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
}

/** Rows that go into the store together or not at all. */
export interface SealedBatch {
  /** Symbols and series, in the order in which they are inserted: all before the samples that need them. */
  readonly tables: readonly { readonly table: string; readonly file: SealedFile }[];
  /** Profiles with their samples, a file for each UTC day, because an insert is atomic within a day. */
  readonly days: readonly {
    /** Ordinals used in the file: 0 up to, not including, this. */
    readonly profileCount: number;
    readonly sampleCount: number;
    readonly file: SealedFile;
  }[];
}

/** Writes batches to the store, one after the other. */
export interface Committer {
  /**
   * Resolves when every row is on disk. Rejects with {@link EngineError} when the batch is not in the store: no row of
   * `profiles` or `samples` of it is left, then or, at the latest, before the next batch is written. The files are
   * removed in either case.
   */
  commit(batch: SealedBatch): Promise<void>;
}

/**
 * Makes the committer of a store, of which there may be one at a time, after removing what a crash left half written.
 *
 * Symbols, series and samples of a batch go in before its profiles, and ordinals of profiles grow from batch to batch.
 * So samples with an ordinal above the highest in `profiles` belong to a batch that was never finished and never
 * acknowledged. Symbols and series without samples do no harm.
 */
export async function createCommitter(engine: Engine): Promise<Committer> {
  const answer = await engine.query("SELECT max(profile) AS last FROM profiles");
  const last = bigintsOf(decodeNative(answer), "last")[0] ?? 0n;
  await removeFrom(engine, "samples", last + 1n);
  return new SerialCommitter(engine, last + 1n);
}

class SerialCommitter implements Committer {
  private readonly engine: Engine;
  private next: bigint;
  /** First ordinal of a failed batch of which rows may be left. */
  private leftFrom: bigint | undefined;

  constructor(engine: Engine, next: bigint) {
    this.engine = engine;
    this.next = next;
  }

  async commit(batch: SealedBatch): Promise<void> {
    try {
      if (this.leftFrom !== undefined) await this.clean(this.leftFrom);
      const first = this.next;
      this.next += BigInt(batch.days.reduce((sum, day) => sum + day.profileCount, 0));
      try {
        await this.insert(batch, first);
      } catch (error) {
        this.leftFrom = first;
        await this.clean(first).catch(() => undefined);
        throw error;
      }
    } finally {
      const files = [...batch.tables, ...batch.days].map(({ file }) =>
        rm(file.path, { force: true }),
      );
      await Promise.allSettled(files);
    }
  }

  private async insert(batch: SealedBatch, first: bigint): Promise<void> {
    for (const { table, file } of batch.tables) {
      await this.engine.command(`INSERT INTO ${table} SELECT * FROM ${source(file)}`);
    }
    let ordinal = first;
    for (const { file, profileCount } of batch.days) {
      await this.engine.command(samplesInsert(file, ordinal));
      await this.engine.command(profilesInsert(file, ordinal));
      ordinal += BigInt(profileCount);
    }
  }

  private async clean(from: bigint): Promise<void> {
    await removeFrom(this.engine, "samples", from);
    await removeFrom(this.engine, "profiles", from);
    this.leftFrom = undefined;
  }
}

function source(file: SealedFile): string {
  if (!/^[\w./-]+$/.test(file.path)) throw new EngineError("failed", `odd file name ${file.path}`);
  return `file('${file.path}', 'Native')`;
}

/** The samples lie in arrays of their profile's row. Sorted here, while they are few rows, they need no sort as samples. */
function samplesInsert(file: SealedFile, first: bigint): string {
  return `INSERT INTO samples (dataset, series, time, profile, span, partition, stack, value)
    SELECT dataset, series, time, ${first} + profile, span, partition, stack, value
    FROM (SELECT * FROM ${source(file)} ORDER BY dataset, series, time, profile)
    ARRAY JOIN span, stack, value
    SETTINGS query_plan_remove_redundant_sorting = 0, max_threads = 1, max_insert_threads = 1`;
}

function profilesInsert(file: SealedFile, first: bigint): string {
  return `INSERT INTO profiles (dataset, series, time, profile, partition, profile_id, duration, total, samples, spans, traces, span_totals)
    SELECT dataset, series, time, ${first} + profile, partition, profile_id, duration, total, length(stack), spans, traces, span_totals
    FROM ${source(file)}
    SETTINGS max_threads = 1, max_insert_threads = 1`;
}

async function removeFrom(engine: Engine, table: string, from: bigint): Promise<void> {
  const answer = await engine.query(`SELECT count() AS n FROM ${table} WHERE profile >= ${from}`);
  if ((bigintsOf(decodeNative(answer), "n")[0] ?? 0n) === 0n) return;
  await engine.command(
    `ALTER TABLE ${table} DELETE WHERE profile >= ${from} SETTINGS mutations_sync = 2`,
  );
}
