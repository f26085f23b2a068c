import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { IngestObserver, IngestStats } from "./ingest/ingester.ts";
import type { StatementObserver } from "./observed-engine.ts";
import type { RollUpObserver } from "./roll-up-rounds.ts";

/** Facts about the running program. */
export interface BuildInfo {
  readonly version: string;
  readonly revision: string;
  readonly branch: string;
}

/** What the metrics are told, and their text. */
export interface Metrics extends IngestObserver, StatementObserver, RollUpObserver {
  /** One answered HTTP request; `route` is a path of ours or `other`. */
  request(method: string, route: string, status: number, seconds: number): void;
  /** A profile that was thrown away before it reached the ingester. */
  discarded(reason: string, tenant: string, bytes: number): void;
  /** Numbers that are asked for when somebody looks. */
  watchIngest(stats: () => IngestStats): void;
  watchBodies(usedBytes: () => number): void;
  /** Prometheus text format 0.0.4. */
  text(): Promise<string>;
  close(): void;
}

const BYTES = [512, 4096, 32_768, 131_072, 524_288, 1_048_576, 2_097_152, 4_194_304, 16_777_216];
const SAMPLES = [10, 50, 100, 500, 1000, 2500, 5000, 10_000, 16_000];
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100];

/** Makes the metrics of one server. Names and labels are those that the dashboards of Pyroscope ask for. */
export function createMetrics(build: BuildInfo): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const loop = watchEventLoop(registry);

  new Gauge({
    name: "pyroscope_build_info",
    help: "Constant 1 with the version of the program in its labels.",
    labelNames: ["version", "revision", "branch", "goversion", "goos", "goarch", "tags"],
    registers,
  }).set(
    {
      version: build.version,
      revision: build.revision,
      branch: build.branch,
      goversion: `node${process.versions.node}`,
      goos: process.platform,
      goarch: process.arch,
      tags: "",
    },
    1,
  );
  const requests = new Histogram({
    name: "pyroscope_request_duration_seconds",
    help: "Time to answer HTTP requests.",
    labelNames: ["method", "route", "status_code", "ws"],
    buckets: SECONDS,
    registers,
  });
  const discardedProfiles = new Counter({
    name: "pyroscope_discarded_samples_total",
    help: "Profiles that were thrown away.",
    labelNames: ["reason", "tenant"],
    registers,
  });
  const discardedBytes = new Counter({
    name: "pyroscope_discarded_bytes_total",
    help: "Uncompressed bytes of profiles that were thrown away.",
    labelNames: ["reason", "tenant"],
    registers,
  });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, labelNames: ["type", "tenant"], buckets, registers });
  const compressed = histogram(
    "pyroscope_distributor_received_compressed_bytes",
    "Bytes of a profile as it was sent.",
    BYTES,
  );
  const decompressed = histogram(
    "pyroscope_distributor_received_decompressed_bytes",
    "Bytes of a profile after decompression.",
    BYTES,
  );
  const decompressedTotal = new Histogram({
    name: "pyroscope_distributor_received_decompressed_bytes_total",
    help: "Bytes of a profile after decompression, by stage.",
    labelNames: ["stage", "tenant"],
    buckets: BYTES,
    registers,
  });
  const samples = histogram(
    "pyroscope_distributor_received_samples",
    "Samples of a profile.",
    SAMPLES,
  );
  const sampleBytes = histogram(
    "pyroscope_distributor_received_samples_bytes",
    "Bytes that the samples of a profile take, after decompression.",
    BYTES,
  );
  const symbolBytes = histogram(
    "pyroscope_distributor_received_symbols_bytes",
    "Bytes of a profile after decompression without its samples.",
    BYTES,
  );
  const received = new Counter({
    name: "pyroscope_distributor_profiles_received_total",
    help: "Profiles that were decoded.",
    labelNames: ["tenant"],
    registers,
  });
  const work = histogram(
    "pyroscope_distributor_parse_duration_seconds",
    "Worker time to decode, check and split one profile.",
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  );
  const batches = new Counter({
    name: "pyrospan_ingest_batches_total",
    help: "Batches that were given to the engine.",
    labelNames: ["result"],
    registers,
  });
  const batchRows = new Counter({
    name: "pyrospan_ingest_batch_rows_total",
    help: "Rows of confirmed batches.",
    registers,
  });
  const batchBytes = new Histogram({
    name: "pyrospan_ingest_batch_bytes",
    help: "Size of a batch.",
    buckets: BYTES,
    registers,
  });
  const batchAge = new Histogram({
    name: "pyrospan_ingest_batch_age_seconds",
    help: "Time from the first profile of a batch to its confirmation.",
    buckets: SECONDS,
    registers,
  });
  const insert = new Histogram({
    name: "pyrospan_engine_insert_seconds",
    help: "Time the engine took for the inserts of a batch.",
    buckets: SECONDS,
    registers,
  });

  const refusedPushes = new Counter({
    name: "pyrospan_ingest_refused_pushes_total",
    help: "Pushes that were answered 429 because too much waits, by what there was too little of: time or memory.",
    labelNames: ["reason"],
    registers,
  });
  const statements = new Gauge({
    name: "pyrospan_engine_statements",
    help: "Reading statements that run or wait for their turn.",
    registers,
  });
  const statementsEnded = new Counter({
    name: "pyrospan_engine_statements_total",
    help: "Reading statements that ended.",
    labelNames: ["result"],
    registers,
  });
  const statementSeconds = new Histogram({
    name: "pyrospan_engine_statement_seconds",
    help: "Time of reading statements, waiting included.",
    buckets: SECONDS,
    registers,
  });
  const rollUpRounds = new Counter({
    name: "pyrospan_roll_up_rounds_total",
    help: "Rounds that added profiles up by hour; failed are those that left out a day at least.",
    labelNames: ["result"],
    registers,
  });
  const rollUpSeconds = new Histogram({
    name: "pyrospan_roll_up_round_seconds",
    help: "Time of a round that added profiles up by hour.",
    buckets: SECONDS,
    registers,
  });
  const rollUpRows = new Counter({
    name: "pyrospan_roll_up_rows_total",
    help: "Rows of sums by hour that were written.",
    registers,
  });

  const types = new BoundedNames(MAX_TYPES);
  const tenants = new BoundedNames(MAX_TENANTS);
  const discarded = (reason: string, sender: string, bytes: number) => {
    const tenant = tenants.bounded(sender);
    discardedProfiles.inc({ reason, tenant });
    discardedBytes.inc({ reason, tenant }, bytes);
  };
  return {
    request: (method, route, status, seconds) => {
      requests.observe({ method, route, status_code: String(status), ws: "false" }, seconds);
    },
    discarded,
    unit: (sender, facts) => {
      const tenant = tenants.bounded(sender);
      const type = types.bounded(facts.profileName);
      compressed.observe({ type, tenant }, facts.compressedBytes);
      decompressed.observe({ type, tenant }, facts.decompressedBytes);
      decompressedTotal.observe({ stage: "received", tenant }, facts.decompressedBytes);
      samples.observe({ type, tenant }, facts.samples);
      if (facts.sampleBytes !== undefined) {
        sampleBytes.observe({ type, tenant }, facts.sampleBytes);
        symbolBytes.observe({ type, tenant }, facts.decompressedBytes - facts.sampleBytes);
      }
      received.inc({ tenant });
      work.observe({ type, tenant }, facts.workMs / 1000);
      if (!facts.result.ok && facts.result.reason !== undefined) {
        discarded(facts.result.reason, tenant, facts.result.sizeBytes);
      }
    },
    refused: (_tenant, cause) => refusedPushes.inc({ reason: cause }),
    statementStarted: () => statements.inc(),
    statementEnded: (result, seconds) => {
      statements.dec();
      statementsEnded.inc({ result });
      statementSeconds.observe(seconds);
    },
    batch: (facts) => {
      batches.inc({ result: facts.ok ? "stored" : "failed" });
      batchBytes.observe(facts.bytes);
      batchAge.observe(facts.ageMs / 1000);
      insert.observe(facts.insertMs / 1000);
      if (facts.ok) batchRows.inc(facts.rows);
    },
    rollUpRound: ({ ok, rows, seconds }) => {
      rollUpRounds.inc({ result: ok ? "done" : "failed" });
      rollUpSeconds.observe(seconds);
      rollUpRows.inc(rows);
    },
    watchIngest: (stats) => {
      gauge(registry, "pyrospan_ingest_waiting_bytes", "Bytes of pushes that wait.", () => {
        return stats().waitingBytes;
      });
      gauge(
        registry,
        "pyrospan_ingest_expected_wait_seconds",
        "Time that a push which comes now is expected to wait for a thread that decodes it.",
        () => stats().expectedWaitMs / 1000,
      );
      gauge(registry, "pyrospan_ingest_waiting_pushes", "Pushes that wait.", () => {
        return stats().waitingPushes;
      });
      gauge(registry, "pyrospan_ingest_workers", "Threads that decode profiles.", () => {
        return stats().workers;
      });
    },
    watchBodies: (usedBytes) => {
      gauge(registry, "pyrospan_http_body_bytes", "Bytes of request bodies in memory.", usedBytes);
    },
    text: () => registry.metrics(),
    close: () => loop.disable(),
  };
}

/** Profile names come from clients; a mistaken one that counts up must not fill the memory. */
const MAX_TYPES = 100;
/** So do names of tenants. */
const MAX_TENANTS = 500;

/** The first names seen, and `other` for the rest. */
class BoundedNames {
  private readonly names = new Set<string>();
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  bounded(name: string): string {
    if (this.names.has(name)) return name;
    if (this.names.size >= this.limit) return "other";
    this.names.add(name);
    return name;
  }
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

const LOOP_RESOLUTION_MS = 10;

/** Delay of the event loop since the last look: its quantiles are what a request waits at least. */
function watchEventLoop(registry: Registry): IntervalHistogram {
  const histogram = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  histogram.enable();
  new Gauge({
    name: "pyrospan_event_loop_delay_seconds",
    help: "Delay of the event loop since the last scrape, by quantile.",
    labelNames: ["quantile"],
    registers: [registry],
    collect() {
      for (const quantile of [0.5, 0.9, 0.99, 1]) {
        const nanos = quantile === 1 ? histogram.max : histogram.percentile(quantile * 100);
        // The histogram holds the time between two looks, so its own interval goes off again.
        const delay = Math.max(0, nanos / 1e9 - LOOP_RESOLUTION_MS / 1000);
        this.set({ quantile: String(quantile) }, Number.isFinite(delay) ? delay : 0);
      }
      histogram.reset();
    },
  });
  return histogram;
}
