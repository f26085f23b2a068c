import type { TenantLimits } from "../limits.ts";

/** One profile with the labels of its series, as a client sent it. */
export interface IngestUnit {
  /**
   * Name and value, any order. From `/ingest` without `__name__` unless the client gave one: the ingester names the
   * profile after its sample types.
   */
  readonly labels: readonly (readonly [name: string, value: string])[];
  /** pprof, raw or gzip. A view of a larger buffer is copied, never changed. */
  readonly profile: Uint8Array;
  /** Which rules apply: those of the Push API, or those of `/ingest` for pprof. */
  readonly source: "push" | "ingest";
  /** `spyName` of `/ingest`: some agents' function names need a fix-up. */
  readonly spyName?: string;
  /** Part `sample_type_config` of `/ingest`, checked to be an object of objects. */
  readonly sampleTypeConfig?: SampleTypeConfig;
  /** Nanoseconds since 1970 for a profile without a time of its own (`from` of `/ingest`). Default: now. */
  readonly defaultTimeNanos?: bigint;
}

/** What `/ingest` clients say about sample types. Only `display-name` and the keys matter. */
export type SampleTypeConfig = Readonly<
  Record<
    string,
    {
      readonly units?: string;
      readonly "display-name"?: string;
      readonly aggregation?: string;
      readonly cumulative?: boolean;
      readonly sampled?: boolean;
    }
  >
>;

/** Reasons for which profiles are counted as discarded (metric label `reason`). */
export type DiscardReason =
  | "unknown"
  | "invalid_labels"
  | "missing_labels"
  | "rate_limited"
  | "not_in_ingestion_window"
  | "max_label_names_per_series"
  | "label_name_too_long"
  | "label_value_too_long"
  | "duplicate_label_names"
  | "samples_limit"
  | "profile_size_limit"
  | "sample_labels_limit"
  | "malformed_profile"
  | "body_size_limit_exceeded";

/** What became of one unit, in the order of the units. */
export type UnitResult =
  | { readonly ok: true; readonly sizeBytes: number }
  | {
      readonly ok: false;
      readonly code: "invalid_argument" | "resource_exhausted" | "unavailable" | "internal";
      /** Undefined where the original counts nothing as discarded (storage failures, undecodable payloads). */
      readonly reason: DiscardReason | undefined;
      readonly message: string;
      /** What went wrong when the code is `internal`: for the log, never for the client. */
      readonly cause?: Error;
      /** Uncompressed profile plus labels, as far as known. */
      readonly sizeBytes: number;
      /** Where in the pipeline it failed: `decode` = gzip or protobuf, `push` = anything after. */
      readonly stage: "decode" | "push";
      /** Seconds after which to try again, for `resource_exhausted` and `unavailable`. */
      readonly retryAfterSeconds?: number;
    };

/** A push that was not let in because too much waits; it may come again. */
export type WaitRefusal = Extract<UnitResult, { ok: false }> & {
  /**
   * Milliseconds for which to hold the answer back: what those let in now are expected to wait, or more where many are
   * refused. So a client that comes again at once, whatever Retry-After says, presses no harder than one that is let in.
   */
  readonly holdMs: number;
};

/** Why it was not let in: it would have waited too long for a worker, or there was no memory for it. */
export type WaitCause = "waiting_time" | "waiting_bytes";

/** Numbers for metrics. Called on the main thread; must not throw. */
export interface IngestObserver {
  /** One accepted or refused unit. */
  unit?(tenant: string, facts: UnitFacts): void;
  /** One push, of any number of units, that was not let in. Its units are not told to `unit`. */
  refused?(tenant: string, cause: WaitCause, refusal: WaitRefusal): void;
  /** The batches of all workers, written together, that the engine confirmed or refused. */
  batch?(facts: BatchFacts): void;
}

/** Facts on one unit. */
export interface UnitFacts {
  /** First part of the profile type id. */
  readonly profileName: string;
  readonly result: UnitResult;
  readonly compressedBytes: number;
  readonly decompressedBytes: number;
  /** Samples as received. */
  readonly samples: number;
  /** Of the decompressed bytes those of samples; undefined when the profile could not be decoded. */
  readonly sampleBytes: number | undefined;
  /** Milliseconds of worker time. */
  readonly workMs: number;
}

/** Facts on what was written together. */
export interface BatchFacts {
  readonly ok: boolean;
  readonly rows: number;
  readonly bytes: number;
  /** Milliseconds from the first unit in it to the confirmation. */
  readonly ageMs: number;
  /** Milliseconds that the inserts took. */
  readonly insertMs: number;
}

/** Numbers at this moment. */
export interface IngestStats {
  /** Milliseconds that a push which comes now would wait for a worker. */
  readonly expectedWaitMs: number;
  /** Bytes of pushes that wait for a worker or for the engine. */
  readonly waitingBytes: number;
  /** Pushes that wait for a worker or for the engine. */
  readonly waitingPushes: number;
  readonly workers: number;
}

/** The write path from pushed bytes to confirmed rows. */
export interface Ingester {
  /**
   * Stores the units of one request and resolves when each is on disk or refused: never rejects.
   * An empty list gives an empty answer.
   */
  push(
    tenant: string,
    units: readonly IngestUnit[],
    limits: TenantLimits,
  ): Promise<readonly UnitResult[]>;
  /**
   * Whether a push of so many bytes (0 = not known yet) would be refused now. Asked at the headers, so that no body is
   * read for nothing; `push` asks again. A refusal is told to the observer.
   */
  refuse(tenant: string, bytes: number): WaitRefusal | undefined;
  /** A push begins to come in. What was received of it counts as waiting until `end`. */
  arrival(): Arrival;
  stats(): IngestStats;
  /** Resolves when everything pushed so far is answered. */
  drain(): Promise<void>;
  /** Refuses new pushes with `unavailable`, drains, ends the workers. */
  close(): Promise<void>;
}

/** A push whose body is being read. */
export interface Arrival {
  received(bytes: number): void;
  /** It was pushed, or given up. Calls after the first do nothing. */
  end(): void;
}
