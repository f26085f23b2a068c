/**
 * What one tenant may send and ask for. Every limit is on by default; 0 turns off those that say so.
 * Names carry their units; the YAML keys, flags and reasons are in `config.ts`.
 */
export interface TenantLimits {
  /** Sustained rate of a tenant's profiles, in bytes per second of labels plus uncompressed profile. 0 = no limit. */
  readonly ingestionRateBytes: number;
  /** Bucket of the rate limit, in bytes. A profile bigger than it can never pass. */
  readonly ingestionBurstBytes: number;
  /** Largest request body, and largest sum of a push's uncompressed profiles, in bytes. 0 = no limit. */
  readonly ingestionBodyBytes: number;
  /** Successful ingest answers are held back until they took about this long. 0 = no delay. */
  readonly ingestionArtificialDelayMs: number;
  readonly maxLabelNameLength: number;
  readonly maxLabelValueLength: number;
  readonly maxLabelNamesPerSeries: number;
  /** Sessions of a series are reduced modulo this number; 0 removes the session label. */
  readonly maxSessionsPerSeries: number;
  /** True: label names are kept as sent (any UTF-8). False: dots become underscores, other characters are refused. */
  readonly disableLabelSanitization: boolean;
  /** Largest uncompressed profile, in bytes. 0 = no limit. */
  readonly maxProfileSizeBytes: number;
  /** Most samples in a profile; more are refused. 0 = no limit. */
  readonly maxProfileSamples: number;
  /** Most labels on one sample; more are refused. 0 = no limit. */
  readonly maxProfileSampleLabels: number;
  /** Deeper stacks lose frames at the leaf. 0 = no limit. */
  readonly maxProfileStackDepth: number;
  /** Longer strings of a profile, in bytes, lose their head. 0 = no limit. */
  readonly maxProfileSymbolLength: number;
  /** Profiles older than this are refused. 0 = no limit. */
  readonly rejectOlderThanMs: number;
  /** Profiles further in the future than this are refused. 0 = no limit. */
  readonly rejectNewerThanMs: number;
  /** Stored profiles are removed after this long. 0 = kept for ever. */
  readonly retentionMs: number;
  /** Queries do not see profiles older than this. 0 = no limit. */
  readonly maxQueryLookbackMs: number;
  /** Longest time range of a query. 0 = no limit. */
  readonly maxQueryLengthMs: number;
  /** Nodes of a flame graph when the query names no number. 0 = no limit. */
  readonly maxFlamegraphNodesDefault: number;
  /** Most nodes a query may ask for. 0 = no limit. */
  readonly maxFlamegraphNodesMax: number;
  /** Apply the two node limits to SelectMergeProfile as well. */
  readonly maxFlamegraphNodesOnSelectMergeProfile: boolean;
  /** A query is ended after this long, all its statements together. 0 = no limit. */
  readonly queryTimeoutMs: number;
  /** A query statement is ended above this much engine memory, in bytes. 0 = no limit. */
  readonly queryMemoryBytes: number;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MIB = 1024 * 1024;

/** The limits of a tenant that nothing is configured for. */
export const defaultLimits: TenantLimits = {
  ingestionRateBytes: 4 * MIB,
  ingestionBurstBytes: 2 * MIB,
  ingestionBodyBytes: 256 * MIB,
  ingestionArtificialDelayMs: 0,
  maxLabelNameLength: 1024,
  maxLabelValueLength: 2048,
  maxLabelNamesPerSeries: 30,
  maxSessionsPerSeries: 0,
  disableLabelSanitization: true,
  maxProfileSizeBytes: 4 * MIB,
  maxProfileSamples: 16_000,
  maxProfileSampleLabels: 100,
  maxProfileStackDepth: 1000,
  maxProfileSymbolLength: 65_535,
  rejectOlderThanMs: HOUR_MS,
  rejectNewerThanMs: 10 * MINUTE_MS,
  retentionMs: 31 * DAY_MS,
  maxQueryLookbackMs: 7 * DAY_MS,
  maxQueryLengthMs: DAY_MS,
  maxFlamegraphNodesDefault: 8192,
  maxFlamegraphNodesMax: 1_048_576,
  maxFlamegraphNodesOnSelectMergeProfile: false,
  queryTimeoutMs: 60 * SECOND_MS,
  queryMemoryBytes: 2048 * MIB,
};
