import { type Engine, EngineError, type StatementOptions } from "../store/engine.ts";
import { decodeNative } from "../store/native-reader.ts";
import { sqlText } from "../store/sql-text.ts";
import { SERIES_COLUMNS, SeriesDay, SeriesRows } from "./series-day.ts";
import { SharedLoad } from "./shared-load.ts";
import { runAtOnce, runSliced } from "./sliced.ts";

/** Which days of which tenants are asked for; days count from 1970, both ends are included. */
export interface DayRange {
  readonly tenants: readonly string[];
  readonly first: number;
  readonly last: number;
}

/** Days that a question may need; rows of one of them that are read, and series of it that are kept. */
const MAX_DAYS = 64;
const MAX_DAY_ROWS = 200_000;

/** A day that is too large, or had to leave, is not tried again for so long. */
const MAX_AGE_MS = 60_000;

/** Rows are deleted in the background: what is read in so long after that is asked for is not kept longer than above. */
const DELETION_MS = 600_000;

/** Entries kept, those without content included. */
const MAX_ENTRIES = 10_000;

/** How much may be held. */
export interface SeriesIndexOptions {
  readonly maxBytes: number;
  /** Rows of a tenant's day that are read, and series of it that are kept, at most. Default 200,000. */
  readonly maxDayRows?: number;
}

interface Entry {
  /** Undefined: more than may be held. */
  content: SeriesDay | undefined;
  sinceMs: number;
  readonly load: SharedLoad<void>;
}

/**
 * The rows of `series` by tenant and day, read when they are first asked for and kept current by the inserts that go
 * through the engine. Here an answer takes microseconds, where a statement takes 3 to 7 ms, nearly all of it planning.
 * When there is more than may be held, callers have to ask the engine.
 */
export class SeriesIndex {
  private readonly engine: Engine;
  private readonly maxBytes: number;
  private readonly maxDayRows: number;
  /** Least recently used first. */
  private readonly entries = new Map<string, Entry>();
  private changedAtMs = Number.NEGATIVE_INFINITY;

  constructor(engine: Engine, options: SeriesIndexOptions) {
    this.engine = engine;
    this.maxBytes = options.maxBytes;
    this.maxDayRows = options.maxDayRows ?? MAX_DAY_ROWS;
    engine.watch("series", (bytes) => {
      if (bytes !== undefined) return this.take(new SeriesRows(decodeNative(bytes)));
      this.entries.clear();
      this.changedAtMs = performance.now();
    });
  }

  /** Memory held, in bytes, about. */
  get bytes(): number {
    let bytes = 0;
    for (const { content } of this.entries.values()) bytes += content?.bytes ?? 0;
    return bytes;
  }

  /** All days that were asked for; undefined when they are too many or too large. */
  async days(
    { tenants, first, last }: DayRange,
    options: StatementOptions,
  ): Promise<readonly SeriesDay[] | undefined> {
    if ((last - first + 1) * tenants.length > MAX_DAYS) return undefined;
    const entries: Entry[] = [];
    for (const tenant of tenants) {
      for (let day = first; day <= last; day++) entries.push(this.use(tenant, day, options));
    }
    await Promise.all(entries.map(({ load }) => load.ended(options)));
    await Promise.all(entries.map(({ load }) => load.result));
    this.evict();
    const days = entries.flatMap(({ content }) => content ?? []);
    return days.length === entries.length ? days : undefined;
  }

  /** The entry of a day, as the most recently used. */
  private use(tenant: string, day: number, options: StatementOptions): Entry {
    const key = keyOf(tenant, day);
    const known = this.entries.get(key);
    this.entries.delete(key);
    const entry =
      known === undefined || this.isOld(known) ? this.load(key, tenant, day, options) : known;
    this.entries.set(key, entry);
    return entry;
  }

  private isOld({ content, sinceMs, load }: Entry): boolean {
    if (load.isAbandoned) return true;
    const mayShrink = content === undefined || sinceMs < this.changedAtMs + DELETION_MS;
    return mayShrink && performance.now() - sinceMs > MAX_AGE_MS;
  }

  /** Rows that are inserted from now on are in what is read or come in beside it; one that does both is no harm. */
  private load(
    key: string,
    tenant: string,
    day: number,
    { timeoutMs: _, ...options }: StatementOptions,
  ): Entry {
    const content = new SeriesDay();
    const read = async (signal: AbortSignal): Promise<void> => {
      try {
        const complete = await this.read(content, tenant, day, { ...options, signal });
        if (!complete) drop(entry);
      } catch (error) {
        if (error instanceof EngineError && error.code === "memory") return drop(entry);
        if (this.entries.get(key) === entry) this.entries.delete(key);
        throw error;
      }
    };
    const entry: Entry = { content, sinceMs: performance.now(), load: new SharedLoad(read) };
    return entry;
  }

  /** False when there is too much. */
  private async read(
    content: SeriesDay,
    tenant: string,
    day: number,
    options: StatementOptions,
  ): Promise<boolean> {
    const bytes = await this.engine.query(
      `SELECT ${SERIES_COLUMNS} FROM series WHERE tenant = ${sqlText(tenant)} AND day = toDate(${day}) LIMIT ${this.maxDayRows + 1}`,
      options,
    );
    const rows = new SeriesRows(decodeNative(bytes));
    if (rows.length > this.maxDayRows) return false;
    await runSliced(rows.each((row) => content.add(rows, row)));
    return true;
  }

  private take(rows: SeriesRows): void {
    runAtOnce(
      rows.each((row) => {
        const entry = this.entries.get(keyOf(rows.tenant(row), rows.day[row]!));
        if (entry?.content === undefined) return;
        entry.content.add(rows, row);
        if (entry.content.size > this.maxDayRows) drop(entry);
      }),
    );
    this.evict();
  }

  private evict(): void {
    let bytes = this.bytes;
    for (const entry of this.entries.values()) {
      if (bytes <= this.maxBytes) break;
      bytes -= entry.content?.bytes ?? 0;
      drop(entry);
    }
    for (const key of this.entries.keys()) {
      if (this.entries.size <= MAX_ENTRIES) break;
      this.entries.delete(key);
    }
  }
}

function drop(entry: Entry): void {
  entry.content = undefined;
  entry.sinceMs = performance.now();
}

function keyOf(tenant: string, day: number): string {
  return `${day} ${tenant}`;
}
