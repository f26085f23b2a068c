import { randomInt } from "node:crypto";
import { PairMap } from "./pair-map.ts";

/**
 * The numbers that one writer has handed out for one service's symbols: a dictionary by content, without the content.
 *
 * Small numbers that count up compress to about a byte a sample, hashes of stacks to eight; that is why there are
 * partitions at all. A partition ends with the process, with its day or when it outgrows its memory; the next one
 * starts at 1 again and writes the symbols again.
 */
export class SymbolPartition {
  /** Random, so that no two writers ever share one. */
  readonly idLow: number = randomInt(2 ** 32);
  readonly idHigh: number = randomInt(2 ** 32);
  readonly openedMs: number;
  /** UTC day of the opening, in days since 1970. */
  readonly day: number;
  /** By hash of the bytes. Strings have numbers only here, not in the store. */
  readonly strings: PairMap = new PairMap({ spread: false });
  /** By hash of name, system name, file name and first line. */
  readonly functions: PairMap = new PairMap({ spread: false });
  /** By hash of everything a location has. */
  readonly locations: PairMap = new PairMap({ spread: false });
  /** Nodes by parent and location. */
  readonly nodes: PairMap = new PairMap({ spread: true });
  /** Nodes by hash of the whole stack: known stacks, and most are, need no walk. */
  readonly stacks: PairMap = new PairMap({ spread: false });
  /** By content. */
  readonly mappings: Map<string, number> = new Map();
  private mappingBytes = 0;

  /** `memoryBytes` when it was last added up. */
  countedBytes = 0;

  constructor(nowMs: number) {
    this.openedMs = nowMs;
    this.day = Math.floor(nowMs / DAY_MS);
  }

  /** Number of a mapping that is not there yet. */
  addMapping(key: string): number {
    this.mappings.set(key, this.mappings.size + 1);
    this.mappingBytes += key.length * 2 + MAPPING_ENTRY_BYTES;
    return this.mappings.size;
  }

  get memoryBytes(): number {
    return (
      this.mappingBytes +
      this.strings.memoryBytes +
      this.functions.memoryBytes +
      this.locations.memoryBytes +
      this.nodes.memoryBytes +
      this.stacks.memoryBytes
    );
  }
}

/** The partitions of one writer, the longest unused first to go when they outgrow their memory. */
export class SymbolPartitions {
  /** In the order of their last use. */
  private readonly byService = new Map<string, SymbolPartition>();
  private readonly maxBytes: number;
  private totalBytes = 0;
  /** The one handed out last, which has grown since. */
  private latest: SymbolPartition | undefined;

  /** `maxBytes` bounds the dictionaries of all partitions together; one alone may take half. */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** The open partition of a service, a new one where it is time for that. Only the one handed out last may grow. */
  get(tenant: string, service: string, nowMs: number): SymbolPartition {
    const key = `${tenant.length}:${tenant}${service}`;
    if (this.latest !== undefined) this.recount(this.latest);
    let partition = this.byService.get(key);
    if (partition !== undefined) this.remove(key, partition);
    if (
      partition === undefined ||
      nowMs - partition.openedMs > DAY_MS ||
      partition.memoryBytes > this.maxBytes / 2
    ) {
      partition = new SymbolPartition(nowMs);
    }
    partition.countedBytes = 0;
    this.recount(partition);
    this.byService.set(key, partition);
    this.latest = partition;
    for (const [oldKey, old] of this.byService) {
      if (this.totalBytes <= this.maxBytes || old === partition) break;
      this.remove(oldKey, old);
    }
    return partition;
  }

  /** Forgets all numbers, because rows that define them may not have been stored. */
  clear(): void {
    this.byService.clear();
    this.totalBytes = 0;
    this.latest = undefined;
  }

  private recount(partition: SymbolPartition): void {
    const bytes = partition.memoryBytes;
    this.totalBytes += bytes - partition.countedBytes;
    partition.countedBytes = bytes;
  }

  private remove(key: string, partition: SymbolPartition): void {
    this.byService.delete(key);
    this.totalBytes -= partition.countedBytes;
  }
}

const DAY_MS = 86_400_000;
/** Of an entry of the map of mappings, besides its text. */
const MAPPING_ENTRY_BYTES = 100;
