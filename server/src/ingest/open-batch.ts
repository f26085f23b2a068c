import { lstatSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SealedBatch, SealedFile } from "../store/commit.ts";
import { type ColumnBuilder, encodeNativeBlock } from "../store/native-block.ts";
import { ProfileRows } from "./profile-rows.ts";
import { SeriesRows } from "./series-rows.ts";
import { SymbolRows } from "./symbol-rows.ts";

/** A batch in files. */
export interface Sealed {
  readonly batch: SealedBatch;
  /** Why the files are in the spare directory, if they are. */
  readonly detour: Error | undefined;
}

/** The rows that a worker gathers until they are written to the store together. */
export class OpenBatch {
  readonly symbols: SymbolRows = new SymbolRows();
  readonly series: SeriesRows = new SeriesRows();
  private readonly days = new Map<number, ProfileRows>();
  private readonly spare: ProfileRows[] = [];

  /** The profiles of a UTC day (days since 1970). */
  day(day: number): ProfileRows {
    let rows = this.days.get(day);
    if (rows === undefined) {
      rows = this.spare.pop() ?? new ProfileRows();
      this.days.set(day, rows);
    }
    return rows;
  }

  /** Rows for `samples`. */
  get sampleCount(): number {
    let count = 0;
    for (const rows of this.days.values()) count += rows.sampleCount;
    return count;
  }

  /**
   * Writes the rows to files in Native format, one for each table that has any, and starts anew. The files go to the
   * spare directory when they cannot be written to the first, whatever the reason. A directory that is gone is made
   * anew: systemd, for one, removes what a user has in /dev/shm when the user logs out.
   */
  seal(directory: string, name: string, spareDirectory: string = directory): Sealed {
    const sealed = this.writeSomewhere(directory, name, spareDirectory);
    this.clear();
    return sealed;
  }

  private writeSomewhere(directory: string, name: string, spareDirectory: string): Sealed {
    let detour: Error | undefined;
    if (directory !== spareDirectory) {
      try {
        makeOwn(directory);
        return { batch: this.writeFiles(directory, name), detour };
      } catch (error) {
        detour = error as Error;
      }
    }
    mkdirSync(spareDirectory, { recursive: true });
    return { batch: this.writeFiles(spareDirectory, name), detour };
  }

  /** All files or, when it throws, none. */
  private writeFiles(directory: string, name: string): SealedBatch {
    const written: string[] = [];
    try {
      return this.writeEach(directory, name, written);
    } catch (error) {
      for (const path of written) rmSync(path, { force: true });
      throw error;
    }
  }

  private writeEach(directory: string, name: string, written: string[]): SealedBatch {
    const write = (
      table: string,
      columns: Record<string, ColumnBuilder>,
      rows: number,
    ): SealedFile => {
      const path = join(directory, `${name}-${table}.native`);
      const bytes = encodeNativeBlock(columns);
      written.push(path);
      writeFileSync(path, bytes);
      return { path, rows, bytes: bytes.length };
    };
    const tables: SealedBatch["tables"] = Object.entries({
      ...this.symbols.tables(),
      series: this.series.columns(),
    }).flatMap(([table, columns]) => {
      const { rows } = Object.values(columns)[0]!;
      return rows === 0 ? [] : [{ table, file: write(table, columns, rows) }];
    });
    const days = [...this.days].map(([day, rows]) => ({
      day,
      profileCount: rows.profileCount,
      sampleCount: rows.sampleCount,
      file: write(`profiles-${day}`, rows.columns(), rows.rows),
    }));
    return { tables, days };
  }

  /** Drops the rows. */
  clear(): void {
    this.symbols.clear();
    this.series.clear();
    for (const rows of this.days.values()) {
      rows.clear();
      this.spare.push(rows);
    }
    this.days.clear();
  }
}

/** Makes a directory for this process's user alone. Where it is in /dev/shm, anybody may have made one of its name. */
function makeOwn(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const found = lstatSync(directory);
  const isOwn = process.geteuid === undefined || found.uid === process.geteuid();
  if (isOwn && found.isDirectory() && (found.mode & 0o777) === 0o700) return;
  throw new Error(`${directory} is there, but not as a directory of this process's user alone`);
}
