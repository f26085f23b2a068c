import type { Engine } from "../store/engine.ts";
import type { NativeResult } from "../store/native-reader.ts";

/** Answers kept, and how long for: rows also leave the store, by retention, which no count tells. */
const MAX_ENTRIES = 256;
const MAX_ROWS = 20_000;
const MAX_AGE_MS = 60_000;

interface Entry {
  readonly result: NativeResult;
  readonly writes: number;
  readonly readAtMs: number;
}

/**
 * Answers of statements that read nothing but `series`, by their text. Such a statement takes 1 to 7 ms, all of it
 * planning; the same few are asked again and again while a page is open, and series appear seldom.
 */
export class SeriesCache {
  private readonly engine: Engine;
  /** Least recently used first. */
  private readonly entries = new Map<string, Entry>();

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** The answer of a statement, from memory when no rows of `series` were written since. */
  async read(sql: string, run: () => Promise<NativeResult>): Promise<NativeResult> {
    // Taken before the statement runs: rows that come meanwhile make its answer out of date.
    const writes = this.engine.writesTo("series");
    const nowMs = performance.now();
    const known = this.entries.get(sql);
    if (known !== undefined) {
      this.entries.delete(sql);
      if (known.writes === writes && nowMs - known.readAtMs < MAX_AGE_MS) {
        this.entries.set(sql, known);
        return known.result;
      }
    }
    const result = await run();
    if (result.rows <= MAX_ROWS) {
      this.entries.set(sql, { result, writes, readAtMs: nowMs });
      for (const oldest of this.entries.keys()) {
        if (this.entries.size <= MAX_ENTRIES) break;
        this.entries.delete(oldest);
      }
    }
    return result;
  }
}
