import { IntVector } from "../bytes/int-vector.ts";
import { HIGH, LOW, splitInt64, wordsOf } from "../bytes/int64.ts";
import { NONE, type Profile } from "../profile.ts";
import { ProfileError } from "../profile-error.ts";
import { runAtOnce, type Steps } from "../steps.ts";
import { TupleInterner } from "./interner.ts";
import type {
  FunctionInit,
  LabelInit,
  LocationInit,
  MappingInit,
  ProfileBuilderOptions,
} from "./profile-init.ts";
import { addProfileTo } from "./profile-union.ts";
import { SymbolTables } from "./symbol-tables.ts";

/** Samples that {@link ProfileBuilder.finishSteps} takes at a time. */
const SAMPLES_PER_STEP = 256;

/**
 * Builds a profile. Everything is interned: equal strings, functions, locations and label sets are stored once, and
 * samples of the same stack and label set add up (modulo 2^64, as integers of 64 bits do).
 *
 * ```ts
 * const builder = new ProfileBuilder({ sampleTypes: [{ type: "cpu", unit: "nanoseconds" }] });
 * const parse = builder.function({ name: "parse", filename: "parse.ts" });
 * const leaf = builder.location({ lines: [{ function: parse, line: 7 }] });
 * builder.sample([leaf], [30_000_000], builder.labelSet([{ key: "route", str: "/cart" }]));
 * const profile = builder.finish();
 * ```
 *
 * Numbers must be safe integers and bigints must fit 64 bits; they may be mixed. Anything else throws a
 * `ProfileError`, as do indices that this builder did not hand out.
 */
export class ProfileBuilder {
  private readonly options: ProfileBuilderOptions;
  private readonly symbols = new SymbolTables();
  /** Label set, then locations, leaf first. */
  private readonly samples = new TupleInterner();
  /** Low and high words of the sums, row by row, in the order of this machine. */
  private readonly sums: IntVector = new IntVector(256);
  private readonly tuple: IntVector = new IntVector(256);
  private readonly row: Int32Array;
  /** Label sets whose labels come at the end, numbered -1, -2, … */
  private laterLabelSets = 0;

  constructor(options: ProfileBuilderOptions) {
    this.options = options;
    this.row = new Int32Array(2 * options.sampleTypes.length);
  }

  /** Index of a mapping, for {@link LocationInit.mapping}. */
  mapping(init: MappingInit): number {
    return this.symbols.mapping(init);
  }

  /** Index of a function, for the lines of locations. */
  function(init: FunctionInit): number {
    return this.symbols.function(init);
  }

  /** Index of a location, for stacks. */
  location(init: LocationInit): number {
    return this.symbols.location(init);
  }

  /** Index of a label set, in which order does not count; 0 is the empty one. */
  labelSet(labels: readonly LabelInit[]): number {
    return this.symbols.labelSet(labels);
  }

  /** Index of a label set whose labels are not known yet: {@link finish} must put another in its place. */
  laterLabelSet(): number {
    return -++this.laterLabelSets;
  }

  /**
   * Adds values, one for each sample type, to the sample of a stack (location indices, leaf first) and a label set.
   * Both lists are read at once and not kept.
   */
  sample(
    locations: ArrayLike<number>,
    values: ArrayLike<number | bigint>,
    labelSet: number = 0,
  ): void {
    const { tuple, row } = this;
    const { sampleTypes } = this.options;
    if (values.length !== sampleTypes.length) {
      throw new ProfileError(
        "bad_value_count",
        `a sample has ${values.length} values, there are ${sampleTypes.length} sample types`,
      );
    }
    for (let i = 0; i < values.length; i++) {
      if (!splitInt64(values[i]!, row, 2 * i)) {
        throw new ProfileError("bad_number", `${values[i]} is no 64-bit integer`);
      }
    }
    this.checkLabelSet(labelSet, this.laterLabelSets);
    tuple.length = 0;
    tuple.reserve(locations.length + 1);
    tuple.push(labelSet);
    for (let i = 0; i < locations.length; i++) {
      const location = locations[i]!;
      if (
        !(Number.isInteger(location) && location >= NONE && location < this.symbols.locationCount)
      ) {
        throw new ProfileError("bad_index", `there is no location ${location}`);
      }
      tuple.push(location);
    }
    this.addTuple();
  }

  /**
   * Adds the samples of a profile with the same sample types, with all they refer to and nothing else. What is
   * unknown in it stays unknown. Throws a `ProfileError` when the sample types differ or a sample lacks values.
   */
  addProfile(profile: Profile): void {
    const { sampleTypes } = this.options;
    const values = wordsOf(profile.samples.values);
    addProfileTo(this.symbols, sampleTypes, profile, (labelSet, stack, row) => {
      const { tuple } = this;
      tuple.length = 0;
      tuple.reserve(stack.length + 1);
      tuple.push(labelSet);
      tuple.data.set(stack.data.subarray(0, stack.length), 1);
      tuple.length += stack.length;
      for (let i = 0; i < sampleTypes.length; i++) {
        const cell = 2 * (row * sampleTypes.length + i);
        this.row[2 * i] = values[cell + LOW]!;
        this.row[2 * i + 1] = values[cell + HIGH]!;
      }
      this.addTuple();
    });
  }

  /**
   * The profile. The builder must not be used afterwards.
   *
   * `labelSetOf` may put another label set in the place of each that samples were added with, and must for those of
   * {@link laterLabelSet}. Samples whose label sets become equal stay apart.
   */
  finish(labelSetOf?: (labelSet: number) => number): Profile {
    return runAtOnce(this.finishSteps(labelSetOf));
  }

  /** {@link finish} in slices: yields about every tenth of a millisecond and returns the profile at the end. */
  *finishSteps(labelSetOf: (labelSet: number) => number = (labelSet) => labelSet): Steps<Profile> {
    const { samples, sums, options } = this;
    const { length } = samples;
    const locationStart = new Int32Array(length + 1);
    const labelSets = new Int32Array(length);
    const locations = new Int32Array(samples.words.length - length);
    for (let i = 0, at = 0; i < length; i++) {
      const from = samples.starts.data[i]!;
      const to = samples.starts.data[i + 1]!;
      const labelSet = labelSetOf(samples.words.data[from]!);
      this.checkLabelSet(labelSet, 0);
      labelSets[i] = labelSet;
      locations.set(samples.words.data.subarray(from + 1, to), at);
      at += to - from - 1;
      locationStart[i + 1] = at;
      if (i % SAMPLES_PER_STEP === 0) yield;
    }
    const values = new BigInt64Array(sums.length / 2);
    wordsOf(values).set(sums.data.subarray(0, sums.length));
    const built = { length, locationStart, locations, values, labelSets };
    return yield* this.symbols.toProfile(options, built);
  }

  private checkLabelSet(labelSet: number, later: number): void {
    const { labelSetCount } = this.symbols;
    if (!(Number.isInteger(labelSet) && labelSet >= -later && labelSet < labelSetCount)) {
      throw new ProfileError("bad_index", `there is no label set ${labelSet}`);
    }
  }

  /** Adds `row` to the sums of the sample that `tuple` describes. */
  private addTuple(): void {
    const { tuple, sums, row } = this;
    const before = this.samples.length;
    const index = this.samples.intern(tuple.data, 0, tuple.length);
    if (index === before) {
      sums.reserve(row.length);
      sums.data.fill(0, sums.length, sums.length + row.length);
      sums.length += row.length;
    }
    const { data } = sums;
    for (let i = 0; i < row.length; i += 2) {
      const low = index * row.length + i + LOW;
      const high = index * row.length + i + HIGH;
      const sum = (data[low]! >>> 0) + (row[i]! >>> 0);
      data[low] = sum;
      data[high] = data[high]! + row[i + 1]! + (sum > 0xffff_ffff ? 1 : 0);
    }
  }
}
