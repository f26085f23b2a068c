import { rm } from "node:fs/promises";
import type { Engine } from "./engine.ts";
import { bigintsOf, decodeNative } from "./native-reader.ts";
import { OpenDays } from "./open-days.ts";

/** A file of rows in Native format. */
export interface SealedFile {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
}

/** Rows that go into the store together or not at all. */
export interface SealedBatch {
  /** Symbols and series, in the order in which they are inserted: all before the profiles that need them. */
  readonly tables: readonly { readonly table: string; readonly file: SealedFile }[];
  /** Profiles, a file for each UTC day, because an insert is atomic within a day. */
  readonly days: readonly {
    /** Days since 1970. */
    readonly day: number;
    /** Ordinals used in the file: 0 up to, not including, this. */
    readonly profileCount: number;
    readonly sampleCount: number;
    readonly file: SealedFile;
  }[];
}

/** Writes batches to the store, one after the other. */
export interface Committer {
  /**
   * Resolves when every row is on disk. Rejects with {@link EngineError} when the batch is not in the store: no
   * profile of it is left, then or, at the latest, before the next batch is written. The files are removed in either
   * case.
   */
  commit(batch: SealedBatch): Promise<void>;
}

/**
 * Makes the committer of a store, of which there may be one at a time. `openDays` is told what was committed.
 *
 * A crash leaves nothing to mend: an insert is there whole or not at all, and a profile with its samples is one row of
 * one insert. Symbols and series that no profile uses do no harm.
 */
export async function createCommitter(
  engine: Engine,
  openDays: OpenDays = new OpenDays(),
): Promise<Committer> {
  // Profiles that `hours` has may be gone. Their ordinals must not come again, or it would pass for having the new ones.
  const answer = await engine.query(
    "SELECT max(last) AS last FROM (SELECT max(profile) AS last FROM profiles UNION ALL SELECT max(upto) FROM hours)",
  );
  const last = bigintsOf(decodeNative(answer), "last")[0] ?? 0n;
  openDays.settle(last, []);
  return new SerialCommitter(engine, openDays, last + 1n);
}

class SerialCommitter implements Committer {
  private readonly engine: Engine;
  private readonly openDays: OpenDays;
  private next: bigint;
  /** First ordinal of a failed batch of which rows may be left. */
  private leftFrom: bigint | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine, openDays: OpenDays, next: bigint) {
    this.engine = engine;
    this.openDays = openDays;
    this.next = next;
  }

  commit(batch: SealedBatch): Promise<void> {
    const result = this.last.then(() => this.commitNext(batch));
    this.last = result.catch(() => undefined);
    return result;
  }

  private async commitNext(batch: SealedBatch): Promise<void> {
    try {
      if (this.leftFrom !== undefined) await this.removeFrom(this.leftFrom);
      const first = this.next;
      this.next += BigInt(batch.days.reduce((sum, day) => sum + day.profileCount, 0));
      try {
        await this.insert(batch, first);
      } catch (error) {
        this.leftFrom = first;
        await this.removeFrom(first).catch(() => undefined);
        throw error;
      }
    } finally {
      if (this.leftFrom === undefined) {
        const days = batch.days.map(({ day }) => day);
        this.openDays.settle(this.next - 1n, days);
      }
      const files = [...batch.tables, ...batch.days].map(({ file }) =>
        rm(file.path, { force: true }),
      );
      await Promise.allSettled(files);
    }
  }

  private async insert(batch: SealedBatch, first: bigint): Promise<void> {
    for (const { table, file } of batch.tables) {
      await this.engine.insertFile(table, file.path);
    }
    let ordinal = first;
    for (const { file, profileCount } of batch.days) {
      const columns = `* REPLACE(${ordinal} + profile AS profile)`;
      await this.engine.insertFile("profiles", file.path, columns);
      ordinal += BigInt(profileCount);
    }
  }

  /** A batch of two days may have failed between them, and a failed insert may be there all the same. */
  private async removeFrom(ordinal: bigint): Promise<void> {
    const condition = `profile >= ${ordinal}`;
    const answer = await this.engine.query(`SELECT count() AS n FROM profiles WHERE ${condition}`);
    if ((bigintsOf(decodeNative(answer), "n")[0] ?? 0n) > 0n) {
      await this.engine.command(
        `ALTER TABLE profiles DELETE WHERE ${condition} SETTINGS mutations_sync = 2`,
      );
    }
    this.leftFrom = undefined;
  }
}
