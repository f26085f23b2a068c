import { randomFillSync } from "node:crypto";
import { DEFAULT_DECODE_LIMITS, DecodeError, decodePprof, type Profile } from "@pyrospan/pprof";
import { ColumnMemory } from "@pyrospan/pprof/bytes";
import type { TenantLimits } from "../limits.ts";
import { mendAgentProfile, profileNameOf } from "./agent-quirks.ts";
import { appendProfile } from "./append-profile.ts";
import { dropGoShapes } from "./go-names.ts";
import type { IngestUnit } from "./ingester.ts";
import { type Label, labelBytes, labelValue, renderLabels, seriesLabels } from "./labels.ts";
import type { OpenBatch } from "./open-batch.ts";
import { ProfileSymbols } from "./profile-symbols.ts";
import { type RateBucket, takeBytes } from "./rate-limit.ts";
import { Refusal } from "./refusal.ts";
import { buildIdWriter } from "./repository.ts";
import { lengthPrefixed, type SeriesResolver } from "./series-resolver.ts";
import { reduceSessionId } from "./session-id.ts";
import type { SymbolPartitions } from "./symbol-partition.ts";
import { cutStrings, invalidUtf8, validateProfile } from "./validate-profile.ts";

/** What a worker keeps between units. */
export interface WorkerState {
  readonly batch: OpenBatch;
  readonly partitions: SymbolPartitions;
  readonly resolver: SeriesResolver;
}

/** Whose unit it is. */
export interface UnitTenant {
  readonly tenant: string;
  readonly limits: TenantLimits;
  /** Stands for the limits: equal keys, equal limits. */
  readonly limitsKey: string;
  readonly bucket: RateBucket;
}

/** What is known of a unit so far; filled in on the way, so that a refusal has it as well. */
export interface UnitProgress {
  sizeBytes: number;
  samples: number;
  /** Of the uncompressed bytes; undefined until they are decoded. */
  sampleBytes: number | undefined;
  profileName: string;
}

/**
 * Takes one unit from uncompressed bytes to rows of the open batch. Returns the number of rows of `samples`: 0 when
 * there was nothing to store, which is no error. Throws {@link Refusal} and then has appended nothing but symbols.
 */
export function storeUnit(
  state: WorkerState,
  owner: UnitTenant,
  unit: Omit<IngestUnit, "profile">,
  bytes: Uint8Array,
  nowMs: number,
  progress: UnitProgress,
): number {
  const { limits, tenant } = owner;
  const nowNanos = BigInt(nowMs) * 1_000_000n;
  const fromNanos = unit.defaultTimeNanos ?? nowNanos;
  let profile = decode(bytes, (sampleBytes) => {
    progress.sampleBytes = sampleBytes;
  });
  progress.samples = profile.samples.length;
  let sent: readonly Label[] = unit.labels;
  if (unit.source === "ingest") {
    const { spyName = "unknown", sampleTypeConfig } = unit;
    profile = mendAgentProfile(profile, { spyName, sampleTypeConfig, fromNanos });
    if (labelValue(sent, "__name__") === "") {
      sent = [...sent, ["__name__", profileNameOf(profile, sampleTypeConfig)]];
    }
  }
  const labels = seriesLabels(sent);
  const shownLabels = (): string => renderLabels(labels);
  progress.profileName = labelValue(labels, "__name__");
  progress.sizeBytes = labelBytes(labels) + bytes.length;
  takeBytes(
    owner.bucket,
    progress.sizeBytes,
    limits.ingestionRateBytes,
    limits.ingestionBurstBytes,
    nowMs,
  );
  profile = cutStrings(profile, limits.maxProfileSymbolLength);
  validateProfile(profile, bytes.length, shownLabels, limits, nowMs);
  profile = dropGoShapes(profile, labelValue(labels, "pyroscope_spy"));
  const timeNanos = profile.timeNanos > 0n ? profile.timeNanos : nowNanos;

  const partition = state.partitions.get(tenant, labelValue(labels, "service_name"), nowMs);
  const symbols = new ProfileSymbols(
    profile,
    partition,
    state.batch.symbols,
    buildIdWriter(labels),
    memory,
  );
  const invalid = symbols.numberStrings();
  if (invalid >= 0) throw invalidUtf8(profile.strings.bytes(invalid));

  const splitLabels = reduceSessionId(labels, limits.maxSessionsPerSeries);
  const seriesKey = lengthPrefixed(splitLabels.flat());
  const day = Number(timeNanos / DAY_NANOS);
  const timeMs = Number(timeNanos / 1_000_000n);
  return appendProfile(profile, {
    rows: state.batch.day(day),
    symbols,
    partition,
    profileId: randomProfileId(),
    timeNanos,
    maxDepth: limits.maxProfileStackDepth,
    resolveSet: (sampleLabels) =>
      state.resolver.resolve(tenant, splitLabels, seriesKey, sampleLabels, limits, owner.limitsKey),
    useSeries: (set, names) => {
      const series = state.resolver.seriesOf(set, names);
      state.batch.series.note(series, day, timeMs);
      return series;
    },
  });
}

const DAY_NANOS = 86_400_000_000_000n;

/** A unit is in the open batch, or refused, before the next one is decoded. */
const memory = new ColumnMemory();

function decode(bytes: Uint8Array, onSampleBytes: (bytes: number) => void): Profile {
  try {
    return decodePprof(
      bytes,
      { ...DEFAULT_DECODE_LIMITS, maxBytes: Infinity },
      { strings: "view", memory, onSampleBytes },
    );
  } catch (error) {
    if (error instanceof DecodeError) {
      throw new Refusal(`proto: ${error.message}`, { stage: "decode" });
    }
    throw error;
  }
}

const pool = new Uint8Array(4096);
let used = pool.length;

/** A random UUID (version 4) in the store's layout: two little-endian halves, the high one first. */
function randomProfileId(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const id = pool.subarray(used, used + 16);
  used += 16;
  id[1] = (id[1]! & 0x0f) | 0x40;
  id[15] = (id[15]! & 0x3f) | 0x80;
  return id;
}
