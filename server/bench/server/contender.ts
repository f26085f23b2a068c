/** A server under test: a process with an HTTP port and a data directory of its own. */
export interface Contender {
  readonly name: "ours" | "theirs";
  readonly url: string;
  readonly pid: number;
  /** Milliseconds from the start of the process until `/ready` said so. */
  readonly startMs: number;
  /** Bytes on disk as they are now, everything included. */
  bytesWritten(): Promise<number>;
  /** Bytes of what its background compaction has made so far, where that can be told while it runs. */
  bytesCompacted?(): Promise<number>;
  /** Waits for the end of the process; its data stays until {@link remove}. */
  stop(): Promise<void>;
  /** Merges the data of a stopped server to the end and tells its bytes on disk, where that can be done. */
  bytesMerged?(): Promise<number>;
  /** Removes the data of a stopped server. */
  remove(): Promise<void>;
}
