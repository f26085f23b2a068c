import { rm } from "node:fs/promises";
import type { Engine, TableInsert } from "./engine.ts";
import { bigintsOf, decodeNative } from "./native-reader.ts";
import { OpenDays } from "./open-days.ts";

/** A file of rows in Native format. */
export interface SealedFile {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
}

/** Rows of a table. */
export interface TableFile {
  readonly table: string;
  readonly file: SealedFile;
}

/** Profiles of a UTC day. */
export interface DayFile {
  /** Days since 1970. */
  readonly day: number;
  /** Ordinals used in the file: 0 up to, not including, this. */
  readonly profileCount: number;
  readonly sampleCount: number;
  readonly file: SealedFile;
}

/** The rows that one writer gathered. */
export interface SealedBatch {
  /** Symbols and series, in the order in which they are inserted: all before the profiles that need them. */
  readonly tables: readonly TableFile[];
  /** Profiles, a file for each day, because an insert is atomic within a day. */
  readonly days: readonly DayFile[];
}

/** Writes groups of batches to the store, one after the other. */
export interface Committer {
  /**
   * Writes batches together or not at all, with one insert for each table and day: a part fewer to write, and later to
   * merge, is worth more than an earlier start. Resolves when every row is on disk. Rejects with {@link EngineError}
   * when they are not in the store: no profile of theirs is left, then or, at the latest, before the next group is
   * written. The files are removed in either case, soon after.
   */
  commit(batches: readonly SealedBatch[]): Promise<void>;
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
  /** First ordinal of a failed group of which rows may be left. */
  private leftFrom: bigint | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine, openDays: OpenDays, next: bigint) {
    this.engine = engine;
    this.openDays = openDays;
    this.next = next;
  }

  commit(batches: readonly SealedBatch[]): Promise<void> {
    const tables = batches.flatMap((batch) => batch.tables);
    const days = batches.flatMap((batch) => batch.days);
    const result = this.last.then(() => this.commitNext(tables, days));
    this.last = result.catch(() => undefined);
    return result;
  }

  private async commitNext(tables: readonly TableFile[], days: readonly DayFile[]): Promise<void> {
    try {
      if (this.leftFrom !== undefined) await this.removeFrom(this.leftFrom);
      const first = this.next;
      this.next += BigInt(days.reduce((sum, day) => sum + day.profileCount, 0));
      try {
        await this.insert(tables, days, first);
      } catch (error) {
        this.leftFrom = first;
        await this.removeFrom(first).catch(() => undefined);
        throw error;
      }
    } finally {
      if (this.leftFrom === undefined) {
        this.openDays.settle(
          this.next - 1n,
          days.map(({ day }) => day),
        );
      }
      for (const { file } of [...tables, ...days]) {
        rm(file.path, { force: true }).catch(() => undefined);
      }
    }
  }

  private insert(
    tables: readonly TableFile[],
    days: readonly DayFile[],
    first: bigint,
  ): Promise<void> {
    const inserts: TableInsert[] = [];
    for (const name of new Set(tables.map(({ table }) => table))) {
      const files = tables.filter(({ table }) => table === name).map(({ file }) => file);
      inserts.push({ table: name, files });
    }
    let ordinal = first;
    for (const number of new Set(days.map(({ day }) => day))) {
      const files = days.filter(({ day }) => day === number);
      const numbered = files.map(({ file: { path }, profileCount }) => {
        const columns = `* REPLACE(${ordinal} + profile AS profile)`;
        ordinal += BigInt(profileCount);
        return { path, columns };
      });
      inserts.push({ table: "profiles", files: numbered });
    }
    return this.engine.insertFiles(inserts);
  }

  /** A group of two days may have failed between them, and a failed insert may be there all the same. */
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
