/**
 * The tables of the store: what each column holds, and the statements that make them.
 *
 * How they hang together: a pushed profile becomes one row of `profiles` per series it was split into, with its
 * samples in arrays. A sample names its stack by a number that its writer handed out;
 * `partition` says which writer's numbers these are. The symbols of a partition (stacks, locations, functions,
 * mappings) are committed before or with the first samples that use them.
 *
 * Numbers that many columns share:
 *
 * - `dataset`: 64-bit hash of tenant, service name and profile type.
 * - `series`: 64-bit hash of tenant and the whole label set (with `__profile_type__`, so never shared by two datasets).
 * - `profile`: ordinal, from 1, of a received profile's part with one set of sample labels, unique in the store and
 *   growing in the order of commits. The series of one part (one per sample type) share it: look rows up by series and
 *   profile.
 * - `time`: nanoseconds since 1970, as the profile said.
 * - ids of functions, locations, mappings and stack nodes count from 1 in their partition; 0 means none.
 */
export const tables: readonly TableSchema[] = [
  {
    name: "series",
    doc: "Label sets by day. Rows of one series and day are merged by the engine in the background, so group by them.",
    columns: [
      ["tenant", "String", "owner"],
      ["day", "Date", "UTC day of the profiles"],
      ["dataset", "UInt64", ""],
      ["series", "UInt64", ""],
      ["service", "String", "value of `service_name`"],
      ["profile_type", "String", "value of `__profile_type__`, five parts joined by colons"],
      [
        "label_names",
        "Array(String)",
        "sorted by UTF-8 bytes, private ones (`__type__`...) included",
      ],
      ["label_values", "Array(String)", "parallel to label_names"],
      [
        "min_time",
        "SimpleAggregateFunction(min, Int64)",
        "milliseconds since 1970, at or before the first profile, rounded down to 15 minutes",
      ],
      [
        "max_time",
        "SimpleAggregateFunction(max, Int64)",
        "milliseconds since 1970, at or after the last profile, last millisecond of its 15 minutes",
      ],
    ],
    engine: "AggregatingMergeTree PARTITION BY day ORDER BY (tenant, day, dataset, series)",
    // The rows of a series differ in nothing but the two aggregates.
    settings: ["allow_dimensions_outside_sorting_key = 1"],
  },
  {
    name: "profiles",
    doc: "One row per series of a received profile, with its samples: a sample is a stack and a span with a value other than zero.",
    columns: [
      ["dataset", "UInt64", "", "ZSTD(1)"],
      ["series", "UInt64", "", "ZSTD(1)"],
      ["time", "Int64", "nanoseconds", "Delta, ZSTD(1)"],
      ["profile", "UInt64", "ordinal", "Delta, ZSTD(1)"],
      ["partition", "UInt64", "whose stack numbers the samples use", "ZSTD(1)"],
      ["profile_id", "UUID", "random; shared by all series of a received profile", "NONE"],
      ["duration", "Int64", "nanoseconds, as the profile said", "ZSTD(1)"],
      ["total", "Int64", "sum of the values, saturated at the ends of int64", "ZSTD(1)"],
      [
        "spans",
        "Array(UInt64)",
        "distinct span and trace pairs of the samples; the 8 bytes of the id read as little-endian, 0 = no span (only a trace)",
        "ZSTD(1)",
      ],
      [
        "traces",
        "Array(FixedString(16))",
        "parallel to spans, 16 zero bytes = none; empty when no sample has a trace id",
        "ZSTD(1)",
      ],
      ["span_totals", "Array(Int64)", "parallel to spans: sum of the values", "ZSTD(1)"],
      [
        "span",
        "Array(UInt32)",
        "of each sample: position, from 1, in `spans`; 0 = none. Samples are sorted by span and stack",
        "Delta, ZSTD(1)",
      ],
      [
        "stack",
        "Array(UInt32)",
        "of each sample: node of `stacks`; 0 = empty stack",
        "Delta, ZSTD(1)",
      ],
      ["value", "Array(Int64)", "of each sample", "ZSTD(1)"],
    ],
    engine:
      "MergeTree PARTITION BY intDiv(time, 86400000000000) ORDER BY (dataset, series, time, profile)",
    indexes: [
      "INDEX spans_filter spans TYPE bloom_filter(0.01) GRANULARITY 4",
      "INDEX traces_filter traces TYPE bloom_filter(0.01) GRANULARITY 4",
      "INDEX profile_id_filter profile_id TYPE bloom_filter(0.01) GRANULARITY 4",
    ],
    // A row is large, and one span needs one row. Rows of heap profiles are ten times as large again: with the default of
    // 10 MB for 128 rows, a service's flame graph reads those of its neighbours too (39 instead of 27 ms of CPU).
    // Merges of eight parts or more instead of five: 4.76 -> 3.91 ms of CPU for a profile, 4 ms more for a span's flame
    // graph while what came last is not merged yet (20 -> 24 ms).
    settings: [
      "index_granularity = 128",
      "index_granularity_bytes = 1048576",
      "merge_selector_base = 8",
    ],
  },
  {
    name: "hours",
    // A day's mark, a row of dataset 0, is written after the round's other rows: rows of an `upto` that is not above the
    // day's greatest mark count, and the day's profiles up to it are in them.
    doc: "Samples of `profiles` added up by series and hour in rounds (`roll-up.ts`), each of which takes what came to a day since the one before.",
    columns: [
      ["dataset", "UInt64", "", "ZSTD(1)"],
      ["series", "UInt64", "", "ZSTD(1)"],
      ["hour", "UInt32", "hours since 1970; of a mark the first of its day", "Delta, ZSTD(1)"],
      ["partition", "UInt64", "whose stack numbers these are", "ZSTD(1)"],
      ["upto", "UInt64", "last ordinal that the round took", "ZSTD(1)"],
      [
        "stack",
        "Array(UInt32)",
        "sorted; several times where a sum passes int64",
        "Delta, ZSTD(1)",
      ],
      ["value", "Array(Int64)", "parallel to stack", "ZSTD(1)"],
    ],
    engine: "MergeTree PARTITION BY intDiv(hour, 24) ORDER BY (dataset, series, hour)",
    settings: ["index_granularity = 128", "index_granularity_bytes = 1048576"],
    alwaysFsync: true,
  },
  {
    name: "stacks",
    doc: "Nodes of the tries of stacks, root first: a stack is the chain of locations from its node up to the root.",
    columns: [
      ["day", "Date", "UTC day on which the partition was opened"],
      ["partition", "UInt64", ""],
      ["id", "UInt32", ""],
      ["parent", "UInt32", "caller; 0 = none. Always less than id"],
      ["location", "UInt32", ""],
    ],
    engine: "MergeTree PARTITION BY day ORDER BY (partition, id)",
  },
  {
    name: "locations",
    doc: "Places in a program, with the lines of functions inlined there.",
    columns: [
      ["day", "Date", ""],
      ["partition", "UInt64", ""],
      ["id", "UInt32", ""],
      ["mapping", "UInt32", ""],
      ["address", "UInt64", "0 where lines are known"],
      ["folded", "UInt8", "1 = several places were folded into this one"],
      ["line_functions", "Array(UInt32)", "innermost first; empty = not symbolised"],
      ["line_numbers", "Array(Int64)", "parallel to line_functions"],
      ["line_columns", "Array(Int64)", "parallel to line_functions, or empty when all are 0"],
    ],
    engine: "MergeTree PARTITION BY day ORDER BY (partition, id)",
  },
  {
    name: "functions",
    doc: "Functions by content.",
    columns: [
      ["day", "Date", ""],
      ["partition", "UInt64", ""],
      ["id", "UInt32", ""],
      ["name", "String", ""],
      ["system_name", "String", ""],
      ["filename", "String", ""],
      ["start_line", "Int64", ""],
    ],
    engine: "MergeTree PARTITION BY day ORDER BY (partition, id)",
  },
  {
    name: "mappings",
    doc: "Binaries and libraries that locations belong to.",
    columns: [
      ["day", "Date", ""],
      ["partition", "UInt64", ""],
      ["id", "UInt32", ""],
      ["memory_start", "UInt64", ""],
      ["memory_limit", "UInt64", ""],
      ["file_offset", "UInt64", ""],
      ["filename", "String", ""],
      ["build_id", "String", ""],
      [
        "flags",
        "UInt8",
        "bits from the lowest: has functions, filenames, line numbers, inline frames",
      ],
    ],
    engine: "MergeTree PARTITION BY day ORDER BY (partition, id)",
  },
];

/** The samples as rows, for looking around by hand. Queries of the server name the arrays they need. */
export const samplesView =
  "CREATE VIEW IF NOT EXISTS samples AS SELECT dataset, series, time, profile, span, partition, stack, value FROM profiles ARRAY JOIN span, stack, value";

/** Version of the tables above, stored with the data. 2: `hours`, which who deletes profiles must know of. */
export const schemaVersion = 2;

/** A table of the store. */
export interface TableSchema {
  readonly name: string;
  readonly doc: string;
  /** Name, type, meaning, compression. */
  readonly columns: readonly (readonly [name: string, type: string, doc: string, codec?: string])[];
  /** Engine, partitioning and order. */
  readonly engine: string;
  /** Skip indexes. */
  readonly indexes?: readonly string[];
  /** Settings of the table beside those about fsync. */
  readonly settings?: readonly string[];
  /** Inserts are forced to disk whatever the option says: a later row tells that they are there. */
  readonly alwaysFsync?: boolean;
}
