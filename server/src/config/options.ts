import type { z } from "zod";
import type { TenantLimits } from "../limits.ts";
import { duration, flag, integer, mebibytes, oneOf, text, timer } from "./values.ts";

/** One setting: where it is written, its default, and why it is there. */
export interface Option<T = unknown> {
  readonly value: z.ZodType<T>;
  /** Name on the command line, without the dash. The environment variable follows from it. */
  readonly flag: string;
  /** Keys in the YAML file, from the top; undefined for settings that say how to read the file. */
  readonly yaml: readonly string[] | undefined;
  /** As one would write it on the command line. */
  readonly default: string;
  /** What it does, in which unit, and why one would change it. */
  readonly doc: string;
  readonly unit?: string;
  /** Never printed. */
  readonly secret?: boolean;
}

/** Settings of the process. */
export interface ServerConfig {
  readonly target: "all";
  readonly dataPath: string;
  readonly multitenancy: boolean;
  readonly listenAddress: string;
  readonly listenPort: number;
  readonly addressFile: string;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly shutdownDelayMs: number;
  readonly shutdownTimeoutMs: number;
  readonly maxConnections: number;
  readonly maxHeaderBytes: number;
  readonly maxBodyMemoryBytes: number;
  readonly maxQueryMessageBytes: number;
  readonly ingestWorkers: number;
  readonly ingestMemoryBytes: number;
  readonly ingestMaxWaitMs: number;
  readonly ingestDictionaryBytes: number;
  readonly storeReaders: number;
  readonly storeFsync: boolean;
  readonly rollUpIntervalMs: number;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "silent";
  readonly configFile: string;
  readonly configExpandEnv: boolean;
  readonly runtimeConfigFile: string;
  readonly runtimeConfigReloadMs: number;
}

type Options<T> = { readonly [K in keyof T]: Option<T[K]> };

/** Every setting of the process, in the order of the reference. */
export const serverOptions: Options<ServerConfig> = {
  target: {
    value: oneOf(["all"]),
    flag: "target",
    yaml: ["target"],
    default: "all",
    doc: "Components to run. This version runs all of them in one process.",
  },
  dataPath: {
    value: text(),
    flag: "data-path",
    yaml: ["storage", "data_path"],
    default: "./data",
    doc: "Directory of the store. One process at a time may use it; it is made when missing.",
  },
  multitenancy: {
    value: flag(),
    flag: "auth.multitenancy-enabled",
    yaml: ["multitenancy_enabled"],
    default: "false",
    doc: "Require the header X-Scope-OrgID and keep the data of its tenants apart. When false the header is not looked at and everything belongs to the tenant `anonymous`.",
  },
  listenAddress: {
    value: text(),
    flag: "server.http-listen-address",
    yaml: ["server", "http_listen_address"],
    default: "",
    doc: "Address to listen on; empty for all. The server knows no passwords: put a proxy in front where the network is not trusted.",
  },
  listenPort: {
    value: integer(0, 65_535),
    flag: "server.http-listen-port",
    yaml: ["server", "http_listen_port"],
    default: "4040",
    doc: "Port for HTTP/1.1 and clear-text HTTP/2; 0 takes a free one, which the log line `server listening` and the address file tell.",
  },
  addressFile: {
    value: text(),
    flag: "server.address-file",
    yaml: ["server", "address_file"],
    default: "",
    doc: "File to write the server's URL to once it listens, for scripts and tests; it appears with its whole content. Empty for none.",
  },
  headersTimeoutMs: {
    value: timer("100ms"),
    flag: "server.http-headers-timeout",
    yaml: ["server", "http_headers_timeout"],
    default: "10s",
    doc: "Longest time for a request's headers. Clients that send them byte by byte would otherwise hold connections for ever.",
  },
  requestTimeoutMs: {
    value: timer(),
    flag: "server.http-read-timeout",
    yaml: ["server", "http_read_timeout"],
    default: "1m",
    doc: "Longest time for a whole request to arrive. 0 = no limit.",
  },
  idleTimeoutMs: {
    value: timer(),
    flag: "server.http-idle-timeout",
    yaml: ["server", "http_idle_timeout"],
    default: "2m",
    doc: "A connection on which nothing moves, in either direction, is closed after this long; longer than any query may take. 0 = never.",
  },
  maxConnections: {
    value: integer(),
    flag: "server.http-conn-limit",
    yaml: ["server", "http_listen_conn_limit"],
    default: "0",
    doc: "Most connections at one time; further ones are closed at once. 0 = no limit of its own.",
  },
  shutdownDelayMs: {
    value: timer(),
    flag: "shutdown-delay",
    yaml: ["shutdown_delay"],
    default: "0s",
    doc: "Time between a termination signal and the end of listening; `/ready` answers 503 meanwhile, so that load balancers can turn away first.",
  },
  shutdownTimeoutMs: {
    value: timer(),
    flag: "server.graceful-shutdown-timeout",
    yaml: ["server", "graceful_shutdown_timeout"],
    default: "30s",
    doc: "Longest time to answer what is in flight after the end of listening.",
  },
  maxHeaderBytes: {
    value: integer(1024, 16 * 1024 * 1024),
    flag: "server.max-header-bytes",
    yaml: ["server", "max_header_bytes"],
    default: "131072",
    unit: "bytes",
    doc: "Most bytes of a request's line and headers. `/ingest` carries labels in the URL, so it is larger than usual.",
  },
  maxBodyMemoryBytes: {
    value: mebibytes(1),
    flag: "server.max-body-memory-mb",
    yaml: ["server", "max_body_memory_mb"],
    default: "512",
    unit: "MiB",
    doc: "Most memory for request bodies and what they inflate to at one time, over all requests; past it requests are answered 429 with Retry-After. While the pieces of a message are put together it is there twice. A single message that is larger is refused for good, so it bounds `ingestion_body_limit_mb` and `server.max_query_message_mb`; at least 1.",
  },
  maxQueryMessageBytes: {
    value: mebibytes(),
    flag: "server.max-query-message-mb",
    yaml: ["server", "max_query_message_mb"],
    default: "16",
    unit: "MiB",
    doc: "Largest request message of the services for reading.",
  },
  ingestWorkers: {
    value: integer(0, 64),
    flag: "ingest.workers",
    yaml: ["ingest", "workers"],
    default: "0",
    doc: "Threads that decode profiles; 0 takes one for every core but one, and for each of one or two cores.",
  },
  ingestMemoryBytes: {
    value: mebibytes(),
    flag: "ingest.max-waiting-mb",
    yaml: ["ingest", "max_waiting_mb"],
    default: "32",
    unit: "MiB",
    doc: "Most memory for profiles that wait to be stored, as they were sent; past it pushes are answered 429 with Retry-After. A push that is larger than all of it, as `ingestion_body_limit_mb` lets it be, gets in while less than half is in use.",
  },
  ingestMaxWaitMs: {
    value: duration(),
    flag: "ingest.max-wait",
    yaml: ["ingest", "max_wait"],
    default: "1500ms",
    doc: "Longest time that a profile may have to wait for a thread that decodes it, as expected from the lately measured pace when its headers come; past it pushes are answered 429 with Retry-After and their bodies are not kept. The more pushes are refused, the shorter it gets, down to a tenth; the answer comes when one that was let in would have had its turn. 0 = no limit but memory.",
  },
  ingestDictionaryBytes: {
    value: mebibytes(),
    flag: "ingest.dictionary-mb",
    yaml: ["ingest", "dictionary_mb"],
    default: "128",
    unit: "MiB",
    doc: "Most memory for the stacks and symbols that were seen lately; past it they are written anew. More memory means fewer rows for services with many different stacks.",
  },
  storeReaders: {
    value: integer(1, 12),
    flag: "storage.readers",
    yaml: ["storage", "readers"],
    default: "4",
    doc: "Queries that run at one time. Each takes a thread; the rest wait, tenants in turn.",
  },
  storeFsync: {
    value: flag(),
    flag: "storage.fsync",
    yaml: ["storage", "fsync"],
    default: "true",
    doc: "Wait until data is on the disk before it is acknowledged. Without it a power failure can lose the last seconds.",
  },
  rollUpIntervalMs: {
    value: timer(),
    flag: "storage.roll-up-interval",
    yaml: ["storage", "roll_up_interval"],
    default: "1h",
    doc: "How often new profiles are added up by series and hour, a minute after each full interval and at the start. Flame graphs and pprof answers of three hours and more use these sums: a day costs several times less with them. Shorter intervals make more and smaller rows of each hour. 0 = they are neither made nor used.",
  },
  logLevel: {
    value: oneOf(["trace", "debug", "info", "warn", "error", "silent"]),
    flag: "log.level",
    yaml: ["log", "level"],
    default: "info",
    doc: "Least important level that is logged. `debug` has a line for each request.",
  },
  configFile: {
    value: text(),
    flag: "config.file",
    yaml: undefined,
    default: "",
    doc: "YAML file with the settings of this table. Unknown keys are errors.",
  },
  configExpandEnv: {
    value: flag(),
    flag: "config.expand-env",
    yaml: undefined,
    default: "false",
    doc: `Replace \${VAR} and \${VAR:-default} in the file before reading it.`,
  },
  runtimeConfigFile: {
    value: text(),
    flag: "runtime-config.file",
    yaml: ["runtime_config", "file"],
    default: "",
    doc: "YAML files, separated by commas, with `overrides:` of limits by tenant; later files win. Read again while the server runs.",
  },
  runtimeConfigReloadMs: {
    value: timer("100ms"),
    flag: "runtime-config.reload-period",
    yaml: ["runtime_config", "period"],
    default: "10s",
    doc: "How often these files are looked at.",
  },
};

function limit<T>(
  value: z.ZodType<T>,
  name: string,
  key: string,
  fallback: string,
  doc: string,
  unit?: string,
): Option<T> {
  const option = { value, flag: name, yaml: ["limits", key], default: fallback, doc };
  return unit === undefined ? option : { ...option, unit };
}

/** The limits of a tenant; the last YAML key is also the key below `overrides.<tenant>` of a runtime file. */
export const limitOptions: Options<TenantLimits> = {
  ingestionRateBytes: limit(
    mebibytes(),
    "distributor.ingestion-rate-limit-mb",
    "ingestion_rate_mb",
    "4",
    "Sustained rate of uncompressed profiles and their labels; more is answered 429. 0 = no limit.",
    "MiB/s",
  ),
  ingestionBurstBytes: limit(
    mebibytes(),
    "distributor.ingestion-burst-size-mb",
    "ingestion_burst_size_mb",
    "2",
    "What may come at once above the rate. A profile bigger than this never passes.",
    "MiB",
  ),
  ingestionBodyBytes: limit(
    mebibytes(),
    "distributor.ingestion-body-limit-mb",
    "ingestion_body_limit_mb",
    "256",
    "Largest request body, and largest sum of one push's uncompressed profiles. 0 = no limit but `server.max_body_memory_mb`.",
    "MiB",
  ),
  ingestionArtificialDelayMs: limit(
    timer("0s", "1d"),
    "distributor.ingestion-artificial-delay",
    "ingestion_artificial_delay",
    "0s",
    "Hold successful ingest answers back until they took about this long, to slow a tenant's clients down.",
  ),
  maxLabelNameLength: limit(
    integer(),
    "validation.max-length-label-name",
    "max_label_name_length",
    "1024",
    "Longest label name.",
    "bytes",
  ),
  maxLabelValueLength: limit(
    integer(),
    "validation.max-length-label-value",
    "max_label_value_length",
    "2048",
    "Longest label value.",
    "bytes",
  ),
  maxLabelNamesPerSeries: limit(
    integer(),
    "validation.max-label-names-per-series",
    "max_label_names_per_series",
    "30",
    "Most labels of a series, those of samples included.",
  ),
  maxSessionsPerSeries: limit(
    integer(),
    "validation.max-sessions-per-series",
    "max_sessions_per_series",
    "0",
    "Most values of the session label of a series; 0 removes the label.",
  ),
  disableLabelSanitization: limit(
    flag(),
    "validation.disable-label-sanitization",
    "disable_label_sanitization",
    "true",
    "Keep label names as they were sent. When false, dots become underscores and other unusual names are refused.",
  ),
  maxProfileSizeBytes: limit(
    integer(),
    "validation.max-profile-size-bytes",
    "max_profile_size_bytes",
    "4194304",
    "Largest uncompressed profile. 0 = no limit.",
    "bytes",
  ),
  maxProfileSamples: limit(
    integer(),
    "validation.max-profile-stacktrace-samples",
    "max_profile_stacktrace_samples",
    "16000",
    "Most samples of a profile; more are refused. 0 = no limit.",
  ),
  maxProfileSampleLabels: limit(
    integer(),
    "validation.max-profile-stacktrace-sample-labels",
    "max_profile_stacktrace_sample_labels",
    "100",
    "Most labels of a sample; more are refused. 0 = no limit.",
  ),
  maxProfileStackDepth: limit(
    integer(),
    "validation.max-profile-stacktrace-depth",
    "max_profile_stacktrace_depth",
    "1000",
    "Deeper stacks lose frames at the leaf. 0 = no limit.",
  ),
  maxProfileSymbolLength: limit(
    integer(),
    "validation.max-profile-symbol-value-length",
    "max_profile_symbol_value_length",
    "65535",
    "Longer strings of a profile lose their head. 0 = no limit.",
    "bytes",
  ),
  rejectOlderThanMs: limit(
    duration(),
    "validation.reject-older-than",
    "reject_older_than",
    "1h",
    "Profiles older than this are refused. 0 = no limit.",
  ),
  rejectNewerThanMs: limit(
    duration(),
    "validation.reject-newer-than",
    "reject_newer_than",
    "10m",
    "Profiles further in the future than this are refused. 0 = no limit.",
  ),
  retentionMs: limit(
    duration(),
    "retention-period",
    "retention_period",
    "31d",
    "Stored profiles are removed this long after their UTC day, looked at every hour. 0 = kept for ever.",
  ),
  maxQueryLookbackMs: limit(
    duration(),
    "querier.max-query-lookback",
    "max_query_lookback",
    "7d",
    "Queries do not see profiles older than this. 0 = no limit.",
  ),
  maxQueryLengthMs: limit(
    duration(),
    "querier.max-query-length",
    "max_query_length",
    "1d",
    "Longest time range of a query. 0 = no limit.",
  ),
  maxFlamegraphNodesDefault: limit(
    integer(),
    "querier.max-flamegraph-nodes-default",
    "max_flamegraph_nodes_default",
    "8192",
    "Nodes of a flame graph when the query names no number. 0 = no limit.",
  ),
  maxFlamegraphNodesMax: limit(
    integer(),
    "querier.max-flamegraph-nodes-max",
    "max_flamegraph_nodes_max",
    "1048576",
    "Most nodes a query may ask for. 0 = no limit.",
  ),
  maxFlamegraphNodesOnSelectMergeProfile: limit(
    flag(),
    "querier.max-flamegraph-nodes-on-select-merge-profile",
    "max_flamegraph_nodes_on_select_merge_profile",
    "false",
    "Apply both node limits to SelectMergeProfile too.",
  ),
  queryTimeoutMs: limit(
    timer(),
    "querier.query-timeout",
    "query_timeout",
    "1m",
    "A query is ended after this long. 0 = no limit.",
  ),
  queryMemoryBytes: limit(
    mebibytes(),
    "querier.max-query-memory-mb",
    "max_query_memory_mb",
    "2048",
    "A query is ended above this much memory of the engine. 0 = no limit.",
    "MiB",
  ),
};
