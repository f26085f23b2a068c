import type { Engine, StatementOptions } from "../store/engine.ts";
import {
  decodeNative,
  type NativeResult,
  numbersOf,
  type TextColumn,
  textAt,
} from "../store/native-reader.ts";
import { PartitionFrames } from "./partition-frames.ts";
import { SharedLoad } from "./shared-load.ts";
import { inRanges, runSliced, type Steps } from "./sliced.ts";

/** The largest stack id that is asked of each partition; partitions are decimal texts of their 64-bit ids. */
export type NeededStacks = ReadonlyMap<string, number>;

/**
 * Symbols of partitions, read as they are needed and kept. A partition only ever grows, so what is here stays right;
 * later stacks of a known partition are read from where the last reading ended. The least recently used partitions
 * leave when all together take more than `maxBytes`.
 */
export class SymbolCache {
  private readonly engine: Engine;
  private readonly maxBytes: number;
  /** Least recently used first. */
  private readonly partitions = new Map<string, PartitionFrames>();
  private readonly loading = new Map<string, SharedLoad<Map<string, PartitionFrames>>>();

  constructor(engine: Engine, options: { readonly maxBytes: number }) {
    this.engine = engine;
    this.maxBytes = options.maxBytes;
  }

  /** Memory held, in bytes, about. */
  get bytes(): number {
    let bytes = 0;
    for (const partition of this.partitions.values()) bytes += partition.bytes;
    return bytes;
  }

  /** Number of partitions held. */
  get size(): number {
    return this.partitions.size;
  }

  /** The partitions asked for, each with its stacks up to the one named. */
  async frames(
    needed: NeededStacks,
    options: StatementOptions,
  ): Promise<ReadonlyMap<string, PartitionFrames>> {
    const found = new Map<string, PartitionFrames>();
    let missing: string[] = [];
    for (;;) {
      missing = [];
      for (const [id, stack] of needed) {
        const partition = this.partitions.get(id) ?? found.get(id);
        if (partition === undefined || partition.nextStack <= stack) missing.push(id);
        else found.set(id, partition);
      }
      const others = new Set(missing.flatMap((id) => this.loading.get(id) ?? []));
      if (others.size === 0) break;
      await Promise.all(Array.from(others, (load) => load.ended(options)));
    }
    if (missing.length > 0) {
      const load = this.startLoad(missing, options);
      await load.ended(options);
      for (const [id, partition] of await load.result) found.set(id, partition);
    }
    for (const [id, partition] of found) {
      this.partitions.delete(id);
      this.partitions.set(id, partition);
    }
    this.evict();
    return found;
  }

  /** Others that need what is loaded wait for it until it has ended, also when it is to end early. */
  private startLoad(
    ids: readonly string[],
    { timeoutMs: _, ...options }: StatementOptions,
  ): SharedLoad<Map<string, PartitionFrames>> {
    const load = new SharedLoad(async (signal) => {
      const loaded = await this.loadAll(ids, { ...options, signal });
      for (const [id, partition] of loaded) this.partitions.set(id, partition);
      return loaded;
    });
    for (const id of ids) this.loading.set(id, load);
    const done = (): void => {
      for (const id of ids) this.loading.delete(id);
    };
    load.result.then(done, done);
    return load;
  }

  private async loadAll(
    ids: readonly string[],
    options: StatementOptions,
  ): Promise<Map<string, PartitionFrames>> {
    const partitions = new Map<string, PartitionFrames>();
    for (let from = 0; from < ids.length; from += PARTITIONS_PER_STATEMENT) {
      const some = ids.slice(from, from + PARTITIONS_PER_STATEMENT);
      for (const [id, partition] of await this.load(some, options)) partitions.set(id, partition);
    }
    return partitions;
  }

  private async load(
    ids: readonly string[],
    options: StatementOptions,
  ): Promise<Map<string, PartitionFrames>> {
    const partitions = new Map(
      ids.map((id) => [id, this.partitions.get(id) ?? new PartitionFrames()]),
    );
    const query = async (columns: string, table: string, next: NextId): Promise<NativeResult> =>
      decodeNative(
        await this.engine.query(
          `SELECT partition, ${columns} FROM ${table} WHERE ${idsFrom(partitions, next)}`,
          options,
        ),
      );
    // Rows of functions and locations are there before those of the stacks that use them, so stacks are read first.
    const stacks = await query("id, parent, location", "stacks", (p) => p.nextStack);
    const [locations, functions] = await Promise.all([
      query("id, line_functions", "locations", (p) => p.nextLocation),
      query("id, name", "functions", (p) => p.nextFunction),
    ]);
    // Not given up half way, also when the request is: what a partition has up to an id must be complete.
    await runSliced(takeIn(partitions, stacks, locations, functions));
    return partitions;
  }

  private evict(): void {
    let bytes = this.bytes;
    for (const [id, partition] of this.partitions) {
      if (bytes <= this.maxBytes) return;
      this.partitions.delete(id);
      bytes -= partition.bytes;
    }
  }
}

/** Few enough that taking their rows apart does not hold up other requests. */
const PARTITIONS_PER_STATEMENT = 32;

type NextId = (partition: PartitionFrames) => number;

function idsFrom(partitions: ReadonlyMap<string, PartitionFrames>, next: NextId): string {
  const whole: string[] = [];
  const parts: string[] = [];
  for (const [id, partition] of partitions) {
    if (next(partition) <= 1) whole.push(id);
    else parts.push(`(partition = ${id} AND id >= ${next(partition)})`);
  }
  if (whole.length > 0) parts.push(`partition IN (${whole.join()})`);
  return parts.join(" OR ");
}

function* takeIn(
  partitions: ReadonlyMap<string, PartitionFrames>,
  stacks: NativeResult,
  locations: NativeResult,
  functions: NativeResult,
): Steps<void> {
  if (functions.rows > 0) {
    const ids = numbersOf(functions, "id");
    const names = functions.columns.get("name") as TextColumn;
    yield* eachRow(functions, partitions, (partition, row) => {
      partition.addFunction(ids[row]!, textAt(names, row));
    });
  }
  const lineFunctions = locations.columns.get("line_functions");
  if (lineFunctions?.kind === "list" && lineFunctions.items.kind === "number") {
    const ids = numbersOf(locations, "id");
    const { start } = lineFunctions;
    const items = lineFunctions.items.values;
    yield* eachRow(locations, partitions, (partition, row) => {
      partition.addLocation(ids[row]!, items, start[row]!, start[row + 1]!);
    });
  }
  const ids = numbersOf(stacks, "id");
  const parents = numbersOf(stacks, "parent");
  const places = numbersOf(stacks, "location");
  yield* eachRow(stacks, partitions, (partition, row) => {
    partition.addStack(ids[row]!, parents[row]!, places[row]!);
  });
  for (const partition of partitions.values()) yield* partition.link();
}

/** Visits rows with the partition they belong to. */
function* eachRow(
  result: NativeResult,
  partitions: ReadonlyMap<string, PartitionFrames>,
  visit: (partition: PartitionFrames, row: number) => void,
): Steps<void> {
  const column = result.columns.get("partition");
  if (column?.kind !== "bigint") return;
  // Rows of one partition are neighbours: compare the words of the ids, look the partition up where they change.
  const words = new Uint32Array(column.values.buffer, column.values.byteOffset, result.rows * 2);
  let partition: PartitionFrames | undefined;
  yield* inRanges(result.rows, (from, to) => {
    for (let row = from; row < to; row++) {
      const changed =
        row === 0 ||
        words[row * 2] !== words[row * 2 - 2] ||
        words[row * 2 + 1] !== words[row * 2 - 1];
      if (changed) partition = partitions.get(String(column.values[row]));
      if (partition !== undefined) visit(partition, row);
    }
  });
}
