import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { holdQueries } from "../../test/hold-queries.ts";
import { textOfTree } from "../../test/tree-text.ts";
import { type Engine, openEngine } from "../store/engine.ts";
import { mergeFrames } from "./merge-frames.ts";
import type { PartitionFrames } from "./partition-frames.ts";
import { runAtOnce } from "./sliced.ts";
import { SymbolCache } from "./symbol-cache.ts";

let directory: string;
let engine: Engine;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pyrospan-symbols-"));
  engine = await openEngine(directory, { fsync: false });
  for (const partition of [1, 2, 3]) {
    await engine.command(
      `INSERT INTO functions (day, partition, id, name) VALUES ('2026-01-01', ${partition}, 1, 'main'), ('2026-01-01', ${partition}, 2, 'work${partition}'), ('2026-01-01', ${partition}, 3, 'inlined')`,
    );
    await engine.command(
      `INSERT INTO locations (day, partition, id, line_functions) VALUES ('2026-01-01', ${partition}, 1, [1]), ('2026-01-01', ${partition}, 2, [3, 2]), ('2026-01-01', ${partition}, 3, [])`,
    );
    await addStacks(partition, [1, 0, 1], [2, 1, 2], [3, 2, 3]);
  }
});

afterAll(async () => {
  await engine?.close();
  await rm(directory, { recursive: true, force: true });
});

/** Adds rows of `stacks`: id, parent, location. */
async function addStacks(partition: number, ...rows: readonly number[][]): Promise<void> {
  const values = rows.map((row) => `('2026-01-01', ${partition}, ${row.join()})`);
  await engine.command(
    `INSERT INTO stacks (day, partition, id, parent, location) VALUES ${values.join()}`,
  );
}

/** The chain of names of one stack, as a tree of its own. */
function chain(frames: PartitionFrames | undefined, stack: number): string {
  if (frames === undefined) return "unknown partition";
  const part = { frames, stacks: Uint32Array.of(stack), values: BigInt64Array.of(1n) };
  return textOfTree(runAtOnce(mergeFrames([part])));
}

describe("symbol cache", () => {
  it("reads chains of function names, inlined calls below their callers", async () => {
    const cache = new SymbolCache(engine, { maxBytes: 1 << 30 });
    const found = await cache.frames(
      new Map([
        ["1", 2],
        ["2", 3],
      ]),
      {},
    );
    expect(chain(found.get("1"), 1)).toBe("main 1");
    expect(chain(found.get("1"), 2)).toBe("main;work1;inlined 1");
    // A location without lines adds no frame; a stack that is not there has none.
    expect(chain(found.get("2"), 3)).toBe("main;work2;inlined 1");
    expect(chain(found.get("2"), 99)).toBe("");
    expect(cache.size).toBe(2);
  });

  it("reads on where it ended, and waits for rows that are not there yet", async () => {
    const cache = new SymbolCache(engine, { maxBytes: 1 << 30 });
    const chainOf = async (stack: number): Promise<string> =>
      chain((await cache.frames(new Map([["3", stack]]), {})).get("3"), stack);
    expect(await chainOf(3)).toBe("main;work3;inlined 1");
    await addStacks(3, [5, 4, 2]);
    expect(await chainOf(5)).toBe("");
    await addStacks(3, [4, 1, 1]);
    expect(await chainOf(5)).toBe("main;main;work3;inlined 1");
    expect(await chainOf(4)).toBe("main;main 1");
  });

  it("lets the least recently used go, which stay readable for who has them", async () => {
    const whole = new SymbolCache(engine, { maxBytes: 1 << 30 });
    await whole.frames(new Map([["1", 3]]), {});
    const cache = new SymbolCache(engine, { maxBytes: whole.bytes * 2 });
    const first = await cache.frames(new Map([["1", 3]]), {});
    await cache.frames(new Map([["2", 3]]), {});
    await cache.frames(new Map([["3", 3]]), {});
    expect(cache.size).toBe(2);
    expect(cache.bytes).toBeLessThanOrEqual(whole.bytes * 2);
    expect(chain(first.get("1"), 2)).toBe("main;work1;inlined 1");
    const again = await cache.frames(new Map([["1", 3]]), {});
    expect(again.get("1")).not.toBe(first.get("1"));
    expect(chain(again.get("1"), 2)).toBe("main;work1;inlined 1");
  });

  it("reads a partition once for many that ask at a time", async () => {
    const cache = new SymbolCache(engine, { maxBytes: 1 << 30 });
    const needed = new Map([["1", 3]]);
    const found = await Promise.all(Array.from({ length: 20 }, () => cache.frames(needed, {})));
    expect(new Set(found.map((frames) => frames.get("1"))).size).toBe(1);
  });

  it("goes on with what one question began and others wait for, as long as each of them may", async () => {
    const held = holdQueries(engine);
    const cache = new SymbolCache(held.engine, { maxBytes: 1 << 30 });
    const needed = new Map([["1", 3]]);
    const short = [20, 10].map((timeoutMs) => cache.frames(needed, { timeoutMs }));
    const long = cache.frames(needed, { timeoutMs: 60_000 });
    const late = { status: "rejected", reason: { code: "deadline_exceeded" } };
    expect(await Promise.allSettled(short)).toMatchObject([late, late]);
    held.open();
    expect(chain((await long).get("1"), 2)).toBe("main;work1;inlined 1");
    // One for each of the three tables.
    expect(held.signals.map((signal) => signal?.aborted)).toEqual([false, false, false]);
  });

  it("reads anew after a reading that nobody waited for any more", async () => {
    const held = holdQueries(engine);
    const cache = new SymbolCache(held.engine, { maxBytes: 1 << 30 });
    const needed = new Map([["1", 3]]);
    const leaving = new AbortController();
    const left = cache.frames(needed, { signal: leaving.signal });
    leaving.abort();
    await expect(left).rejects.toBe(leaving.signal.reason);
    expect(held.signals[0]?.aborted).toBe(true);
    const next = cache.frames(needed, {});
    held.open();
    expect(chain((await next).get("1"), 2)).toBe("main;work1;inlined 1");
  });
});
