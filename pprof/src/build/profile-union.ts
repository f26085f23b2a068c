import { IntVector } from "../bytes/int-vector.ts";
import { HIGH, LOW, wordsOf } from "../bytes/int64.ts";
import { NONE, type Profile } from "../profile.ts";
import { ProfileError } from "../profile-error.ts";
import type { ValueTypeInit } from "./profile-init.ts";
import type { SymbolTables } from "./symbol-tables.ts";

/** Rows that were not needed yet. */
const UNSEEN = -2;

/**
 * Carries what the samples of a profile refer to over into other tables, and calls `add` for each sample with its
 * label set and stack there. The stack is reused from call to call.
 */
export function addProfileTo(
  symbols: SymbolTables,
  sampleTypes: readonly ValueTypeInit[],
  profile: Profile,
  add: (labelSet: number, stack: IntVector, row: number) => void,
): void {
  checkSampleTypes(sampleTypes, profile);
  if (profile.samples.valueCount !== undefined) {
    const index = profile.samples.valueCount.findIndex((count) => count !== sampleTypes.length);
    throw new ProfileError("bad_value_count", `sample ${index} lacks values or has too many`, {
      column: "samples.valueCount",
      index,
    });
  }
  const carry = new Carrier(symbols, profile);
  const { locationStart, locations, labelStart, length } = profile.samples;
  const stack = new IntVector(256);
  for (let row = 0; row < length; row++) {
    stack.length = 0;
    for (let i = locationStart[row]!; i < locationStart[row + 1]!; i++) {
      stack.push(carry.location(locations[i]!));
    }
    add(carry.labelSet(labelStart[row]!, labelStart[row + 1]!), stack, row);
  }
}

/** Maps the rows of one profile to those of other tables, each once. */
class Carrier {
  private readonly symbols: SymbolTables;
  private readonly profile: Profile;
  private readonly strings: Int32Array;
  private readonly mappings: Int32Array;
  private readonly functions: Int32Array;
  private readonly locations: Int32Array;
  private readonly tuple = new IntVector(64);
  /** The 64-bit columns as words: a view costs more than the few elements read through it at a time. */
  private readonly words: Readonly<
    Record<
      "address" | "line" | "column" | "num" | "startLine" | "start" | "limit" | "offset",
      Int32Array
    >
  >;

  constructor(symbols: SymbolTables, profile: Profile) {
    this.symbols = symbols;
    this.profile = profile;
    this.strings = new Int32Array(profile.strings.length).fill(UNSEEN);
    this.mappings = new Int32Array(profile.mappings.length).fill(UNSEEN);
    this.functions = new Int32Array(profile.functions.length).fill(UNSEEN);
    this.locations = new Int32Array(profile.locations.length).fill(UNSEEN);
    const { locations, lines, labels, functions, mappings } = profile;
    this.words = {
      address: wordsOf(locations.address),
      line: wordsOf(lines.line),
      column: wordsOf(lines.column),
      num: wordsOf(labels.num),
      startLine: wordsOf(functions.startLine),
      start: wordsOf(mappings.start),
      limit: wordsOf(mappings.limit),
      offset: wordsOf(mappings.offset),
    };
  }

  location(row: number): number {
    if (row === NONE) return NONE;
    const known = this.locations[row]!;
    if (known !== UNSEEN) return known;
    const { locations, lines } = this.profile;
    const { address, line, column } = this.words;
    const mapping = locations.mapping[row]!;
    const carriedMapping = mapping < 0 ? mapping : this.mapping(mapping);
    const first = locations.lineStart[row]!;
    const last = locations.lineStart[row + 1]!;
    for (let i = first; i < last; i++) this.function(lines.function[i]!);
    const { tuple } = this;
    tuple.length = 0;
    tuple.push(carriedMapping);
    push64(tuple, address, row);
    tuple.push(locations.folded[row]!);
    for (let i = first; i < last; i++) {
      tuple.push(this.function(lines.function[i]!));
      push64(tuple, line, i);
      push64(tuple, column, i);
    }
    const index = this.symbols.locations.intern(tuple.data, 0, tuple.length);
    this.locations[row] = index;
    return index;
  }

  labelSet(from: number, to: number): number {
    if (from === to) return 0;
    const { labels } = this.profile;
    const { num } = this.words;
    const { tuple } = this;
    tuple.length = 0;
    for (let i = from; i < to; i++) {
      tuple.push(this.string(labels.key[i]!));
      tuple.push(this.string(labels.str[i]!));
      push64(tuple, num, i);
      tuple.push(this.string(labels.numUnit[i]!));
    }
    return this.symbols.internLabelSet(tuple);
  }

  private mapping(row: number): number {
    const known = this.mappings[row]!;
    if (known !== UNSEEN) return known;
    const { mappings } = this.profile;
    const { tuple } = this;
    tuple.length = 0;
    push64(tuple, this.words.start, row);
    push64(tuple, this.words.limit, row);
    push64(tuple, this.words.offset, row);
    tuple.push(this.string(mappings.filename[row]!));
    tuple.push(this.string(mappings.buildId[row]!));
    tuple.push(
      mappings.hasFunctions[row]! |
        (mappings.hasFilenames[row]! << 1) |
        (mappings.hasLineNumbers[row]! << 2) |
        (mappings.hasInlineFrames[row]! << 3),
    );
    const index = this.symbols.mappings.intern(tuple.data, 0, tuple.length);
    this.mappings[row] = index;
    return index;
  }

  private function(row: number): number {
    if (row === NONE) return NONE;
    const known = this.functions[row]!;
    if (known !== UNSEEN) return known;
    const { functions } = this.profile;
    const { tuple } = this;
    tuple.length = 0;
    tuple.push(this.string(functions.name[row]!));
    tuple.push(this.string(functions.systemName[row]!));
    tuple.push(this.string(functions.filename[row]!));
    push64(tuple, this.words.startLine, row);
    const index = this.symbols.functions.intern(tuple.data, 0, tuple.length);
    this.functions[row] = index;
    return index;
  }

  private string(row: number): number {
    if (row === NONE) return NONE;
    const known = this.strings[row]!;
    if (known !== UNSEEN) return known;
    const { data, start, end } = this.profile.strings;
    const index = this.symbols.strings.internBytes(data, start[row]!, end[row]!);
    this.strings[row] = index;
    return index;
  }
}

function push64(tuple: IntVector, words: Int32Array, i: number): void {
  tuple.push(words[2 * i + LOW]!);
  tuple.push(words[2 * i + HIGH]!);
}

function checkSampleTypes(expected: readonly ValueTypeInit[], profile: Profile): void {
  const { sampleTypes, strings } = profile;
  const name = ({ type, unit }: ValueTypeInit) => `${type} (${unit})`;
  const found = Array.from({ length: sampleTypes.length }, (_, i) => ({
    type: strings.get(sampleTypes.type[i]!),
    unit: strings.get(sampleTypes.unit[i]!),
  }));
  const want = expected.map(name).join(", ");
  const have = found.map(name).join(", ");
  if (want === have && expected.length === found.length) return;
  throw new ProfileError(
    "sample_types_differ",
    `the profile measures ${have || "nothing"}, not ${want || "nothing"}`,
  );
}
