/** A server under test: a process with an HTTP port and a data directory of its own. */
export interface Contender {
  readonly name: "ours" | "theirs";
  readonly url: string;
  readonly pid: number;
  /** Milliseconds from the start of the process until `/ready` said so. */
  readonly startMs: number;
  /** Bytes on disk as they are now, everything included. */
  bytesWritten(): Promise<number>;
  /** Waits for the end of the process; its data stays until {@link remove}. */
  stop(): Promise<void>;
  /** Bytes on disk after the store's merges, of a stopped server; undefined when it cannot be told. */
  bytesMerged(): Promise<number | undefined>;
  /** Removes the data of a stopped server. */
  remove(): Promise<void>;
}
