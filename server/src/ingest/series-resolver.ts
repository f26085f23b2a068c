import { createHash } from "node:crypto";
import type { TenantLimits } from "../limits.ts";
import {
  applyDefaultRules,
  checkLabels,
  type Label,
  labelValue,
  sortLabels,
  withLabels,
} from "./labels.ts";
import { Refusal } from "./refusal.ts";

/** A label set that samples are stored under, before it is told apart by sample type. */
export interface SeriesSet {
  /** Equal sets are one object, and have one key. */
  readonly key: string;
  readonly tenant: string;
  readonly service: string;
  /** Sorted; without the labels that name the profile type. */
  readonly labels: readonly Label[];
  /** By sample type and period type, see {@link SeriesResolver.seriesOf}. */
  readonly byType: Map<string, Series>;
}

/** A series: one label set with one profile type. */
export interface Series {
  readonly tenant: string;
  readonly service: string;
  readonly profileType: string;
  /** Sorted, with the labels that name the profile type. */
  readonly labels: readonly Label[];
  readonly datasetLow: number;
  readonly datasetHigh: number;
  readonly seriesLow: number;
  readonly seriesHigh: number;
  /** What of it is already on its way to the store. */
  written: { day: number; minMs: number; maxMs: number } | undefined;
}

/** Sample type and period type. */
export interface TypeNames {
  readonly type: string;
  readonly unit: string;
  readonly periodType: string;
  readonly periodUnit: string;
}

/** Makes series of labels and remembers them, for one tenant's limits at a time. */
export class SeriesResolver {
  private readonly sets = new Map<string, SeriesSet>();
  private readonly resolved = new Map<string, SeriesSet>();
  private readonly maxBytes: number;
  private bytes = 0;

  /** Everything is forgotten when it takes more than `maxBytes`, about. */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /**
   * The label set of the samples of a series that carry the given labels themselves. A label of the series wins over
   * one of the samples. `limitsKey` stands for the limits in the memory of earlier answers.
   *
   * Throws {@link Refusal} for labels that are against the rules.
   */
  resolve(
    tenant: string,
    seriesLabels: readonly Label[],
    seriesKey: string,
    sampleLabels: readonly Label[],
    limits: TenantLimits,
    limitsKey: string,
  ): SeriesSet {
    const key = lengthPrefixed([tenant, limitsKey, seriesKey, ...sampleLabels.flat()]);
    let set = this.resolved.get(key);
    if (set !== undefined) return set;
    const names = new Set(seriesLabels.map(([name]) => name));
    const combined = [...seriesLabels, ...sampleLabels.filter(([name]) => !names.has(name))];
    const filled = sortLabels(combined.filter(([, value]) => value !== ""));
    const final = checkLabels(applyDefaultRules(filled), limits);
    const stored = final.filter(([name]) => name !== "__delta__" && name !== "__order__");
    set = this.setOf(tenant, stored);
    this.makeRoom(key.length + ENTRY_BYTES);
    this.resolved.set(key, set);
    return set;
  }

  /** The series of a label set for one sample type. */
  seriesOf(set: SeriesSet, names: TypeNames): Series {
    const typeKey = lengthPrefixed([names.type, names.unit, names.periodType, names.periodUnit]);
    let series = set.byType.get(typeKey);
    if (series === undefined) {
      series = makeSeries(set, names);
      this.makeRoom(TYPE_COPIES * typeKey.length + series.labels.length * PAIR_BYTES + ENTRY_BYTES);
      set.byType.set(typeKey, series);
    }
    return series;
  }

  /** Forgets everything, because series it knows may not have been stored. */
  clear(): void {
    this.sets.clear();
    this.resolved.clear();
    this.bytes = 0;
  }

  private makeRoom(bytes: number): void {
    if (this.bytes + bytes > this.maxBytes) this.clear();
    this.bytes += bytes;
  }

  private setOf(tenant: string, labels: readonly Label[]): SeriesSet {
    const key = lengthPrefixed([tenant, ...labels.flat()]);
    let set = this.sets.get(key);
    if (set === undefined) {
      set = { key, tenant, service: labelValue(labels, "service_name"), labels, byType: new Map() };
      this.makeRoom(SET_COPIES * key.length + ENTRY_BYTES);
      this.sets.set(key, set);
    }
    return set;
  }
}

/** Of an entry of a map, besides its text. */
const ENTRY_BYTES = 200;
/** A set has its text in its key, in the key it was resolved by and in its labels. */
const SET_COPIES = 3;
/** A series has the names of its types in its key, in its profile type and in its labels; other text is its set's. */
const TYPE_COPIES = 3;
/** Of a label in a list. */
const PAIR_BYTES = 8;

/** Strings as one that no other list of strings gives. */
export function lengthPrefixed(parts: readonly string[]): string {
  let key = "";
  for (const part of parts) key += `${part.length}:${part}`;
  return key;
}

function makeSeries(set: SeriesSet, names: TypeNames): Series {
  const profileType = [
    labelValue(set.labels, "__name__"),
    names.type,
    names.unit,
    names.periodType,
    names.periodUnit,
  ].join(":");
  const labels = withLabels(set.labels, {
    __profile_type__: profileType,
    __service_name__: set.service,
    __type__: names.type,
    __unit__: names.unit,
    __period_type__: names.periodType,
    __period_unit__: names.periodUnit,
  }).filter(([, value]) => value !== "");
  const dataset = hash64([set.tenant, set.service, profileType]);
  const series = hash64([set.tenant, ...labels.flat()]);
  return {
    tenant: set.tenant,
    service: set.service,
    profileType,
    labels,
    datasetLow: dataset.readUInt32LE(0),
    datasetHigh: dataset.readUInt32LE(4),
    seriesLow: series.readUInt32LE(0),
    seriesHigh: series.readUInt32LE(4),
    written: undefined,
  };
}

/** The first 8 bytes of SHA-256 over the parts with their lengths: the same in every process. */
function hash64(parts: readonly string[]): Buffer {
  return createHash("sha256").update(lengthPrefixed(parts)).digest();
}
