import { IntVector } from "../bytes/int-vector.ts";
import { HIGH, LOW, splitInt64, wordsOf } from "../bytes/int64.ts";
import { countFaults } from "../faults.ts";
import { NONE, type Profile } from "../profile.ts";
import { ProfileError } from "../profile-error.ts";
import type { Steps } from "../steps.ts";
import { stringTable } from "../strings.ts";
import { StringInterner, TupleInterner } from "./interner.ts";
import type {
  FunctionInit,
  LabelInit,
  LocationInit,
  MappingInit,
  ProfileBuilderOptions,
  ValueTypeInit,
} from "./profile-init.ts";

/** What a builder knows of its samples when it is done. */
export interface BuiltSamples {
  readonly length: number;
  readonly locationStart: Int32Array;
  readonly locations: Int32Array;
  readonly values: BigInt64Array;
  /** Label set of each sample. */
  readonly labelSets: Int32Array;
}

/** Words of a label in a label set: key, text, number (low, high), unit. */
const LABEL_STRIDE = 5;

/**
 * What samples refer to, interned as tuples of words: 64-bit numbers are two (low, high), text and references are
 * indices. The layouts are those of {@link SymbolTables.toProfile}.
 */
export class SymbolTables {
  readonly strings: StringInterner = new StringInterner();
  /** start, limit, offset (two words each), filename, build id, flags (bit 0 functions … bit 3 inline frames). */
  readonly mappings: TupleInterner = new TupleInterner();
  /** name, system name, filename, start line (two words). */
  readonly functions: TupleInterner = new TupleInterner();
  /** mapping, address (two words), folded; then for each line: function, line (two words), column (two words). */
  readonly locations: TupleInterner = new TupleInterner();
  /** {@link LABEL_STRIDE} words for each label, in ascending order. */
  readonly labelSets: TupleInterner = new TupleInterner();
  private readonly tuple = new IntVector(64);
  private readonly halves = new Int32Array(2);

  constructor() {
    this.labelSets.intern(this.tuple.data, 0, 0);
  }

  get locationCount(): number {
    return this.locations.length;
  }

  get labelSetCount(): number {
    return this.labelSets.length;
  }

  mapping(init: MappingInit): number {
    const { tuple, strings } = this;
    tuple.length = 0;
    this.push64(init.start ?? 0);
    this.push64(init.limit ?? 0);
    this.push64(init.offset ?? 0);
    tuple.push(strings.intern(init.filename ?? ""));
    tuple.push(strings.intern(init.buildId ?? ""));
    tuple.push(
      (init.hasFunctions ? 1 : 0) |
        (init.hasFilenames ? 2 : 0) |
        (init.hasLineNumbers ? 4 : 0) |
        (init.hasInlineFrames ? 8 : 0),
    );
    return this.mappings.intern(tuple.data, 0, tuple.length);
  }

  function(init: FunctionInit): number {
    const { tuple, strings } = this;
    tuple.length = 0;
    tuple.push(strings.intern(init.name));
    tuple.push(strings.intern(init.systemName ?? ""));
    tuple.push(strings.intern(init.filename ?? ""));
    this.push64(init.startLine ?? 0);
    return this.functions.intern(tuple.data, 0, tuple.length);
  }

  location(init: LocationInit): number {
    const { tuple } = this;
    tuple.length = 0;
    tuple.push(checkIndex(init.mapping ?? NONE, this.mappings.length, "mapping"));
    this.push64(init.address ?? 0);
    tuple.push(init.folded ? 1 : 0);
    for (const line of init.lines ?? []) {
      tuple.push(checkIndex(line.function, this.functions.length, "function"));
      this.push64(line.line ?? 0);
      this.push64(line.column ?? 0);
    }
    return this.locations.intern(tuple.data, 0, tuple.length);
  }

  labelSet(labels: readonly LabelInit[]): number {
    const { tuple, strings } = this;
    tuple.length = 0;
    for (const label of labels) {
      tuple.push(strings.intern(label.key));
      if ("str" in label) {
        tuple.push(strings.intern(label.str));
        this.push64(0);
        tuple.push(0);
      } else {
        tuple.push(0);
        this.push64(label.num);
        tuple.push(strings.intern(label.unit ?? ""));
      }
    }
    return this.internLabelSet(tuple);
  }

  /** Number of a label set given as words, which are put in order first. */
  internLabelSet(tuple: IntVector): number {
    sortLabels(tuple.data, tuple.length);
    return this.labelSets.intern(tuple.data, 0, tuple.length);
  }

  /** All tables as a profile, in steps of one each. */
  *toProfile(
    options: ProfileBuilderOptions,
    { labelSets, ...samples }: BuiltSamples,
  ): Steps<Profile> {
    const text = (value: string | undefined) => this.strings.intern(value ?? "");
    const valueType = ({ type, unit }: ValueTypeInit) => ({ type: text(type), unit: text(unit) });
    const types = options.sampleTypes.map(valueType);
    const { labels, labelStart } = this.toLabels(labelSets);
    yield;
    const places = this.toLocations();
    yield;
    const functions = this.toFunctions();
    const mappings = this.toMappings();
    yield;
    const withoutStrings = {
      sampleTypes: {
        length: types.length,
        type: Int32Array.from(types, ({ type }) => type),
        unit: Int32Array.from(types, ({ unit }) => unit),
      },
      samples: { ...samples, labelStart, valueCount: undefined },
      labels,
      ...places,
      functions,
      mappings,
      periodType: options.periodType && valueType(options.periodType),
      period: this.toInt64(options.period),
      timeNanos: this.toInt64(options.timeNanos),
      durationNanos: this.toInt64(options.durationNanos),
      dropFrames: text(options.dropFrames),
      keepFrames: text(options.keepFrames),
      defaultSampleType: text(options.defaultSampleType),
      docUrl: text(options.docUrl),
      comments: Int32Array.from(options.comments ?? [], text),
    };
    const { data, start, end } = this.strings.toRanges();
    const tables = { strings: stringTable(data, start, end), ...withoutStrings };
    yield;
    return { ...tables, faults: countFaults(tables) };
  }

  private toMappings(): Profile["mappings"] {
    const { length } = this.mappings;
    const words = this.mappings.words.data;
    const start = new BigUint64Array(length);
    const limit = new BigUint64Array(length);
    const offset = new BigUint64Array(length);
    const filename = new Int32Array(length);
    const buildId = new Int32Array(length);
    const flags = [0, 1, 2, 3].map(() => new Uint8Array(length)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const startWords = wordsOf(start);
    const limitWords = wordsOf(limit);
    const offsetWords = wordsOf(offset);
    for (let i = 0; i < length; i++) {
      const from = this.mappings.starts.data[i]!;
      put64(startWords, i, words, from);
      put64(limitWords, i, words, from + 2);
      put64(offsetWords, i, words, from + 4);
      filename[i] = words[from + 6]!;
      buildId[i] = words[from + 7]!;
      for (let bit = 0; bit < 4; bit++) flags[bit]![i] = (words[from + 8]! >> bit) & 1;
    }
    const [hasFunctions, hasFilenames, hasLineNumbers, hasInlineFrames] = flags;
    return {
      length,
      id: countingUp(length),
      start,
      limit,
      offset,
      filename,
      buildId,
      hasFunctions,
      hasFilenames,
      hasLineNumbers,
      hasInlineFrames,
    };
  }

  private toFunctions(): Profile["functions"] {
    const { length } = this.functions;
    const words = this.functions.words.data;
    const name = new Int32Array(length);
    const systemName = new Int32Array(length);
    const filename = new Int32Array(length);
    const startLine = new BigInt64Array(length);
    const startLineWords = wordsOf(startLine);
    for (let i = 0; i < length; i++) {
      const from = this.functions.starts.data[i]!;
      name[i] = words[from]!;
      systemName[i] = words[from + 1]!;
      filename[i] = words[from + 2]!;
      put64(startLineWords, i, words, from + 3);
    }
    return { length, id: countingUp(length), name, systemName, filename, startLine };
  }

  private toLocations(): Pick<Profile, "locations" | "lines"> {
    const { length } = this.locations;
    const words = this.locations.words.data;
    const lineCount = (this.locations.words.length - 4 * length) / 5;
    const mapping = new Int32Array(length);
    const address = new BigUint64Array(length);
    const lineStart = new Int32Array(length + 1);
    const folded = new Uint8Array(length);
    const lineFunction = new Int32Array(lineCount);
    const line = new BigInt64Array(lineCount);
    const column = new BigInt64Array(lineCount);
    const addressWords = wordsOf(address);
    const lineWords = wordsOf(line);
    const columnWords = wordsOf(column);
    for (let i = 0, at = 0; i < length; i++) {
      const from = this.locations.starts.data[i]!;
      const to = this.locations.starts.data[i + 1]!;
      mapping[i] = words[from]!;
      put64(addressWords, i, words, from + 1);
      folded[i] = words[from + 3]!;
      for (let word = from + 4; word < to; word += 5) {
        lineFunction[at] = words[word]!;
        put64(lineWords, at, words, word + 1);
        put64(columnWords, at++, words, word + 3);
      }
      lineStart[i + 1] = at;
    }
    return {
      locations: { length, id: countingUp(length), mapping, address, lineStart, folded },
      lines: { length: lineCount, function: lineFunction, line, column },
    };
  }

  private toLabels(labelSets: Int32Array): { labels: Profile["labels"]; labelStart: Int32Array } {
    const { starts, words } = this.labelSets;
    const labelStart = new Int32Array(labelSets.length + 1);
    for (let i = 0; i < labelSets.length; i++) {
      const set = labelSets[i]!;
      const count = (starts.data[set + 1]! - starts.data[set]!) / LABEL_STRIDE;
      labelStart[i + 1] = labelStart[i]! + count;
    }
    const length = labelStart[labelSets.length]!;
    const key = new Int32Array(length);
    const str = new Int32Array(length);
    const num = new BigInt64Array(length);
    const numUnit = new Int32Array(length);
    const numWords = wordsOf(num);
    for (let i = 0; i < labelSets.length; i++) {
      let from = starts.data[labelSets[i]!]!;
      for (let at = labelStart[i]!; at < labelStart[i + 1]!; at++, from += LABEL_STRIDE) {
        key[at] = words.data[from]!;
        str[at] = words.data[from + 1]!;
        put64(numWords, at, words.data, from + 2);
        numUnit[at] = words.data[from + 4]!;
      }
    }
    return { labels: { length, key, str, num, numUnit }, labelStart };
  }

  private push64(value: number | bigint): void {
    this.split(value);
    this.tuple.push(this.halves[0]!);
    this.tuple.push(this.halves[1]!);
  }

  private toInt64(value: number | bigint | undefined): bigint {
    this.split(value ?? 0);
    return BigInt.asIntN(64, BigInt(value ?? 0));
  }

  private split(value: number | bigint): void {
    if (!splitInt64(value, this.halves, 0)) {
      throw new ProfileError("bad_number", `${value} is no 64-bit integer`);
    }
  }
}

function checkIndex(index: number, length: number, what: string): number {
  if (Number.isInteger(index) && index >= NONE && index < length) return index;
  throw new ProfileError("bad_index", `there is no ${what} ${index}`);
}

/** Beyond this many labels insertion would take too long. */
const FEW_LABELS = 32;

/** Puts labels in order, in place. Samples have few, mostly in order already: insertion serves them best. */
function sortLabels(words: Int32Array, length: number): void {
  if (length > FEW_LABELS * LABEL_STRIDE) {
    sortManyLabels(words, length);
    return;
  }
  for (let end = LABEL_STRIDE; end < length; end += LABEL_STRIDE) {
    for (
      let at = end;
      at > 0 && compareLabels(words, at - LABEL_STRIDE, at) > 0;
      at -= LABEL_STRIDE
    ) {
      for (let i = 0; i < LABEL_STRIDE; i++) {
        const moved = words[at + i]!;
        words[at + i] = words[at - LABEL_STRIDE + i]!;
        words[at - LABEL_STRIDE + i] = moved;
      }
    }
  }
}

function sortManyLabels(words: Int32Array, length: number): void {
  const before = words.slice(0, length);
  const order = Array.from({ length: length / LABEL_STRIDE }, (_, i) => i * LABEL_STRIDE);
  order.sort((left, right) => compareLabels(before, left, right));
  for (const [i, from] of order.entries()) {
    words.set(before.subarray(from, from + LABEL_STRIDE), i * LABEL_STRIDE);
  }
}

function compareLabels(words: Int32Array, left: number, right: number): number {
  for (let i = 0; i < LABEL_STRIDE; i++) {
    const difference = words[left + i]! - words[right + i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function put64(target: Int32Array, i: number, words: Int32Array, from: number): void {
  target[2 * i + LOW] = words[from]!;
  target[2 * i + HIGH] = words[from + 1]!;
}

function countingUp(length: number): BigUint64Array {
  const ids = new BigUint64Array(length);
  const words = wordsOf(ids);
  for (let i = 0; i < length; i++) words[2 * i + LOW] = i + 1;
  return ids;
}
