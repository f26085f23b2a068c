import type { Profile } from "@pyrospan/pprof";
import { wordsOf } from "@pyrospan/pprof/bytes";
import { Int64Sum } from "./int64-sum.ts";
import type { Label } from "./labels.ts";
import type { ProfileRows } from "./profile-rows.ts";
import { BAD_STACK, type ProfileSymbols } from "./profile-symbols.ts";
import { SampleGroups } from "./sample-groups.ts";
import { sortByKey } from "./sample-order.ts";
import { SpanEntries } from "./sample-spans.ts";
import type { Series, SeriesSet, TypeNames } from "./series-resolver.ts";

/** Where the rows of a profile go, and under which names. */
export interface AppendTarget {
  readonly rows: ProfileRows;
  readonly symbols: ProfileSymbols;
  readonly partition: { readonly idLow: number; readonly idHigh: number };
  /** 16 bytes, see `FixedColumn`. */
  readonly profileId: Uint8Array;
  readonly timeNanos: bigint;
  /** Deeper stacks lose frames at the leaf; 0 = no limit. */
  readonly maxDepth: number;
  /** The label set of samples with these labels. May throw: then nothing was appended. */
  resolveSet(sampleLabels: readonly Label[]): SeriesSet;
  /** The series of a label set; called for each one that gets a row. */
  useSeries(set: SeriesSet, names: TypeNames): Series;
}

/**
 * Normalises a profile, splits it into series and appends their rows: samples with a negative value or only zeros and
 * those with a stack that cannot be stored are left out, equal stacks with one span are added up, zeros are not
 * written, and a sample type that is zero throughout has no series. Returns the number of rows in `samples`.
 */
export function appendProfile(profile: Profile, target: AppendTarget): number {
  const kept = selectSamples(profile, target);
  if (kept.count === 0) return 0;
  sortByKey(order, kept.count, nodeOf);
  if (kept.hasSpans) sortByKey(order, kept.count, entryOf);
  if (kept.sets.length > 1) sortByKey(order, kept.count, setOf);
  let written = 0;
  for (let from = 0; from < kept.count; ) {
    const set = setOf[order[from]!]!;
    let to = from + 1;
    while (to < kept.count && setOf[order[to]!] === set) to++;
    written += appendSet(profile, target, kept.sets[set]!, kept.entries[set]!, from, to);
    from = to;
  }
  return written;
}

interface Selection {
  readonly count: number;
  readonly hasSpans: boolean;
  readonly sets: SeriesSet[];
  readonly entries: SpanEntries[];
}

/** Scratch by sample index: node, span entry and label set; and the sample indices that count. */
let order: Uint32Array = new Uint32Array(1024);
let nodeOf: Uint32Array = new Uint32Array(1024);
let entryOf: Uint32Array = new Uint32Array(1024);
let setOf: Uint32Array = new Uint32Array(1024);

function selectSamples(profile: Profile, target: AppendTarget): Selection {
  const { samples, strings } = profile;
  if (order.length < samples.length) {
    order = new Uint32Array(samples.length * 2);
    nodeOf = new Uint32Array(samples.length * 2);
    entryOf = new Uint32Array(samples.length * 2);
    setOf = new Uint32Array(samples.length * 2);
  }
  const groups = new SampleGroups(profile);
  const setOfGroup: number[] = [];
  const sets: SeriesSet[] = [];
  const entries: SpanEntries[] = [];
  const words = wordsOf(samples.values);
  const width = profile.sampleTypes.length * 2;
  let count = 0;
  let hasSpans = false;
  for (let sample = 0; sample < samples.length; sample++) {
    if (!hasValue(words, sample * width, width)) continue;
    const node = target.symbols.stackOf(sample, target.maxDepth);
    if (node === BAD_STACK) continue;
    const group = groups.groupOf(sample);
    let set = setOfGroup[group];
    if (set === undefined) {
      const resolved = target.resolveSet(groups.labels[group]!);
      set = sets.indexOf(resolved);
      if (set < 0) {
        set = sets.push(resolved) - 1;
        entries.push(new SpanEntries());
      }
      setOfGroup[group] = set;
    }
    const entry = entries[set]!.numberOf(strings, groups.span, groups.trace);
    if (entry !== 0) hasSpans = true;
    order[count++] = sample;
    nodeOf[sample] = node;
    entryOf[sample] = entry;
    setOf[sample] = set;
  }
  return { count, hasSpans, sets, entries };
}

/** No value is negative, and one is not zero. */
function hasValue(words: Int32Array, from: number, width: number): boolean {
  let any = 0;
  for (let i = from; i < from + width; i += 2) {
    if (words[i + 1]! < 0) return false;
    any |= words[i]! | words[i + 1]!;
  }
  return any !== 0;
}

function appendSet(
  profile: Profile,
  target: AppendTarget,
  set: SeriesSet,
  entries: SpanEntries,
  from: number,
  to: number,
): number {
  const { rows } = target;
  let written = 0;
  for (let type = 0; type < profile.sampleTypes.length; type++) {
    const count = appendSamples(profile, rows, type, from, to);
    if (count === 0) continue;
    written += count;
    const series = target.useSeries(set, typeNames(profile, type));
    rows.dataset.push(series.datasetLow, series.datasetHigh);
    rows.series.push(series.seriesLow, series.seriesHigh);
    rows.time.pushBigint(target.timeNanos);
    rows.profile.push(rows.profileCount);
    rows.partition.push(target.partition.idLow, target.partition.idHigh);
    rows.profile_id.push(target.profileId);
    rows.duration.pushBigint(profile.durationNanos);
    rows.total.push(total.low, total.high);
    appendSpans(rows, entries);
  }
  if (written > 0) rows.profileCount++;
  return written;
}

const total = new Int64Sum();
const spanTotal = new Int64Sum();
/** Halves of the sum of each span entry, by entry number. */
let spanTotals: Int32Array = new Int32Array(256);

/** Appends the samples of one type, sums them up in `total` and `spanTotals`, and returns their number. */
function appendSamples(
  profile: Profile,
  rows: ProfileRows,
  type: number,
  from: number,
  to: number,
): number {
  const words = wordsOf(profile.samples.values);
  const types = profile.sampleTypes.length;
  const spans = rows.span.items.extend(to - from);
  const stacks = rows.stack.items.extend(to - from);
  const values = rows.value.items.extend(to - from);
  total.reset();
  spanTotal.reset();
  let count = 0;
  let current = 0;
  const lastEntry = entryOf[order[to - 1]!]!;
  if (spanTotals.length < lastEntry * 2 + 2) spanTotals = new Int32Array(lastEntry * 4);
  spanTotals.fill(0, 0, lastEntry * 2 + 2);
  for (let i = from; i < to; i++) {
    const sample = order[i]!;
    const at = (sample * types + type) * 2;
    const low = words[at]!;
    const high = words[at + 1]!;
    if ((low | high) === 0) continue;
    const entry = entryOf[sample]!;
    const node = nodeOf[sample]!;
    if (entry !== current) {
      spanTotals[current * 2] = spanTotal.low;
      spanTotals[current * 2 + 1] = spanTotal.high;
      spanTotal.reset();
      current = entry;
    }
    spanTotal.add(low, high);
    total.add(low, high);
    if (count > 0 && spans[count - 1] === entry && stacks[count - 1] === node) {
      merged.low = values[count * 2 - 2]! | 0;
      merged.high = values[count * 2 - 1]! | 0;
      merged.add(low, high);
      values[count * 2 - 2] = merged.low;
      values[count * 2 - 1] = merged.high;
      continue;
    }
    spans[count] = entry;
    stacks[count] = node;
    values[count * 2] = low;
    values[count * 2 + 1] = high;
    count++;
  }
  spanTotals[current * 2] = spanTotal.low;
  spanTotals[current * 2 + 1] = spanTotal.high;
  rows.span.items.shrink(to - from - count);
  rows.stack.items.shrink(to - from - count);
  rows.value.items.shrink(to - from - count);
  if (count > 0) {
    rows.span.endRow();
    rows.stack.endRow();
    rows.value.endRow();
  }
  return count;
}

const merged = new Int64Sum();

function appendSpans(rows: ProfileRows, { spans, traces }: SpanEntries): void {
  const hasTraces = traces.some((trace) => trace !== undefined);
  for (let i = 0; i < traces.length; i++) {
    rows.spans.items.push(spans[i * 2]!, spans[i * 2 + 1]!);
    rows.span_totals.items.push(spanTotals[i * 2 + 2]!, spanTotals[i * 2 + 3]!);
    if (hasTraces) rows.traces.items.push(traces[i] ?? NO_TRACE);
  }
  rows.spans.endRow();
  rows.traces.endRow();
  rows.span_totals.endRow();
}

const NO_TRACE = new Uint8Array(16);

function typeNames({ strings, sampleTypes, periodType }: Profile, type: number): TypeNames {
  return {
    type: strings.get(sampleTypes.type[type]!),
    unit: strings.get(sampleTypes.unit[type]!),
    periodType: periodType === undefined ? "" : strings.get(periodType.type),
    periodUnit: periodType === undefined ? "" : strings.get(periodType.unit),
  };
}
