/**
 * The profile model: every table is a struct of arrays, one typed array a column, one index a row.
 *
 * A sample is a stack of locations (leaf first) with one value for each sample type and any number of labels. A
 * location is one place in the program: an address, and the source lines it stands for, more than one where calls
 * were inlined (innermost first). A line names a function. References are row indices, already resolved from the ids
 * of the file; text is an index into {@link StringTable}.
 *
 * ```text
 *   main (main.go:10)                    samples    locationStart  [0, 2, 3]
 *   └─ parse (parse.go:7)  30 ms                    locations      [1, 0, 0]     leaf first: parse, main | main
 *   main (main.go:10)      10 ms                    values         [30000000n, 10000000n]
 *                                        locations  lineStart      [0, 1, 2]     location 0 has line 0
 *                                        lines      function       [0, 1]
 *                                        functions  name           [1, 2]
 *                                        strings                   ["", "main", "parse", …]
 * ```
 *
 * Lists inside rows ("the locations of a sample") are one flat array and a column of starts with one entry more than
 * there are rows: the list of row `i` is `flat[start[i]]` up to, not including, `flat[start[i + 1]]`.
 *
 * A finished profile is never changed. To alter a column make a new profile that shares the others:
 * `{ ...profile, functions: { ...profile.functions, id } }`.
 *
 * 64-bit columns are `BigInt64Array` and `BigUint64Array`. Reading one element makes a bigint; loops that cannot pay
 * for this read the two halves through `wordsOf` of `@pyrospan/pprof/bytes`.
 */
export interface Profile {
  readonly strings: StringTable;
  /** What the values of each sample mean, in the order of the values. */
  readonly sampleTypes: ValueTypeTable;
  readonly samples: SampleTable;
  readonly labels: LabelTable;
  readonly locations: LocationTable;
  readonly lines: LineTable;
  readonly functions: FunctionTable;
  readonly mappings: MappingTable;
  /** What happened `period` times between two samples, for instance `cpu`, `nanoseconds`. */
  readonly periodType: ValueType | undefined;
  /** Events between two samples, in the unit of `periodType`; 0 when unknown. */
  readonly period: bigint;
  /** When collection began, in nanoseconds since 1970 (UTC); 0 when unknown. */
  readonly timeNanos: bigint;
  /** How long collection took, in nanoseconds; 0 when unknown. */
  readonly durationNanos: bigint;
  /** Regular expression (string index) of frames to drop, together with what they call; 0 when none. */
  readonly dropFrames: number;
  /** Regular expression (string index) of frames to keep although `dropFrames` matches them; 0 when none. */
  readonly keepFrames: number;
  /** Name (string index) of the sample type a viewer shows first; 0 when the producer has no preference. */
  readonly defaultSampleType: number;
  /** Link (string index) to a page about this kind of profile; 0 when none. */
  readonly docUrl: number;
  /** Free text by the producer (string indices). */
  readonly comments: Int32Array;
  /** What is wrong with the input, though it could be read; {@link NO_FAULTS} for a profile in order. */
  readonly faults: ProfileFaults;
}

/** A reference to nothing: the input gave no id or an id that no row has, or a string index out of range. */
export const NONE = -1;

/**
 * Only in {@link LocationTable.mapping}: the input names a mapping (id not 0) that is not in the profile, whereas
 * {@link NONE} says that it names none.
 */
export const UNKNOWN_MAPPING = -2;

/**
 * All text of a profile as UTF-8 byte ranges of one buffer. JavaScript strings are made only by `get`.
 *
 * There is always an entry 0. It is the empty string unless {@link ProfileFaults.stringZero} says otherwise.
 * Equal strings may have several entries when the producer wrote them so.
 */
export interface StringTable {
  readonly length: number;
  /** The buffer that holds the text. Other things may lie between the ranges. */
  readonly data: Uint8Array;
  /** First byte of each string in `data`. */
  readonly start: Int32Array;
  /** The byte after the last of each string in `data`. */
  readonly end: Int32Array;
  /** A new JavaScript string; bytes that are not UTF-8 become U+FFFD, {@link NONE} and other misses become "". */
  get(index: number): string;
  /** A view of the UTF-8 bytes, not a copy; empty for {@link NONE} and other misses. */
  bytes(index: number): Uint8Array;
}

/** A kind of value and its unit, such as `cpu` and `nanoseconds`; both are string indices. */
export interface ValueType {
  readonly type: number;
  readonly unit: number;
}

/** Sample types: one row for each value of a sample. */
export interface ValueTypeTable {
  readonly length: number;
  /** Name (string index), {@link NONE} when the input's index was out of range. */
  readonly type: Int32Array;
  /** Unit (string index), {@link NONE} when the input's index was out of range. */
  readonly unit: Int32Array;
}

/** Samples in the order of the input. */
export interface SampleTable {
  readonly length: number;
  /** `length + 1` starts into `locations`. */
  readonly locationStart: Int32Array;
  /** Stacks one after another, leaf first: location indices, {@link NONE} for an id that no location has. */
  readonly locations: Int32Array;
  /**
   * Row by row, `sampleTypes.length` values each: value `t` of sample `i` is `values[i * sampleTypes.length + t]`.
   * A row of a sample listed in `valueCount` is cut or filled up with zeros.
   */
  readonly values: BigInt64Array;
  /** `length + 1` starts into {@link LabelTable}. */
  readonly labelStart: Int32Array;
  /**
   * Number of values that each sample had in the input. Only there when one differs from `sampleTypes.length`, so
   * `undefined` means that every row is whole.
   */
  readonly valueCount: Int32Array | undefined;
}

/** Labels of all samples; those of sample `i` lie between `samples.labelStart[i]` and `samples.labelStart[i + 1]`. */
export interface LabelTable {
  readonly length: number;
  /** Name (string index), {@link NONE} when the input's index was out of range. */
  readonly key: Int32Array;
  /** Text value (string index); 0 for a numeric label, {@link NONE} when the input's index was out of range. */
  readonly str: Int32Array;
  /** Numeric value; 0 for a text label. */
  readonly num: BigInt64Array;
  /** Unit of `num` (string index); 0 when not given, {@link NONE} when the input's index was out of range. */
  readonly numUnit: Int32Array;
}

/** Places in the program. */
export interface LocationTable {
  readonly length: number;
  /** Id in the file. 0 breaks the format and cannot be referred to; of several with one id the last is meant. */
  readonly id: BigUint64Array;
  /** Mapping index, {@link NONE} for none, {@link UNKNOWN_MAPPING} for an id that no mapping has. */
  readonly mapping: Int32Array;
  /** Instruction address, 0 when unknown. Kernel addresses are above 2^53. */
  readonly address: BigUint64Array;
  /** `length + 1` starts into {@link LineTable}; the innermost inlined call is first, its caller next. */
  readonly lineStart: Int32Array;
  /** 1 where several symbols share this address (identical code folded by a linker), else 0. */
  readonly folded: Uint8Array;
}

/** Source lines of all locations. */
export interface LineTable {
  readonly length: number;
  /** Function index, {@link NONE} for id 0 and for an id that no function has. */
  readonly function: Int32Array;
  /** Line number, from 1; 0 when unknown. */
  readonly line: BigInt64Array;
  /** Column number, from 1; 0 when unknown. */
  readonly column: BigInt64Array;
}

/** Functions by name and file. String columns are {@link NONE} where the input's index was out of range. */
export interface FunctionTable {
  readonly length: number;
  /** Id in the file. 0 breaks the format and cannot be referred to; of several with one id the last is meant. */
  readonly id: BigUint64Array;
  /** Name for people (string index). */
  readonly name: Int32Array;
  /** Name as the system knows it, for instance mangled (string index). */
  readonly systemName: Int32Array;
  /** Source file (string index). */
  readonly filename: Int32Array;
  /** Line where the function begins, 0 when unknown. */
  readonly startLine: BigInt64Array;
}

/** Binaries and libraries mapped into the process. */
export interface MappingTable {
  readonly length: number;
  /** Id in the file. 0 breaks the format and cannot be referred to; of several with one id the last is meant. */
  readonly id: BigUint64Array;
  /** First address. */
  readonly start: BigUint64Array;
  /** The address after the last. */
  readonly limit: BigUint64Array;
  /** Where in the file `start` is. */
  readonly offset: BigUint64Array;
  /** Path of the binary (string index), {@link NONE} when the input's index was out of range. */
  readonly filename: Int32Array;
  /** Build id of the binary (string index), {@link NONE} when the input's index was out of range. */
  readonly buildId: Int32Array;
  /** 1 where the locations of this mapping have function names, else 0. */
  readonly hasFunctions: Uint8Array;
  /** 1 where they have file names, else 0. */
  readonly hasFilenames: Uint8Array;
  /** 1 where they have line numbers, else 0. */
  readonly hasLineNumbers: Uint8Array;
  /** 1 where inlined calls are listed, else 0. */
  readonly hasInlineFrames: Uint8Array;
}

/**
 * Counts of what is wrong with an input that could be read all the same. Whoever is strict refuses by these numbers;
 * the columns tell which row (see {@link NONE} and {@link SampleTable.valueCount}). All 0 for a profile in order.
 */
export interface ProfileFaults {
  /** 1 when the string table is missing or its first entry is not empty. */
  readonly stringZero: number;
  /** Sample types whose type or unit is a string index out of range. */
  readonly sampleTypeStrings: number;
  /** Labels whose key or text is a string index out of range. */
  readonly labelStrings: number;
  /** Functions whose name is a string index out of range. */
  readonly functionNames: number;
  /** Functions whose system name is a string index out of range. */
  readonly functionSystemNames: number;
  /** Functions whose file name is a string index out of range. */
  readonly functionFilenames: number;
  /** Mappings whose file name is a string index out of range. */
  readonly mappingFilenames: number;
  /** Mappings whose build id is a string index out of range. */
  readonly mappingBuildIds: number;
  /** Any other string index out of range: label units, period type, comments, drop and keep frames, links. */
  readonly otherStrings: number;
  /** Samples that have more or fewer values than there are sample types. */
  readonly valueCounts: number;
  /** Locations with id 0. */
  readonly zeroLocationIds: number;
  /** Functions with id 0. */
  readonly zeroFunctionIds: number;
  /** Mappings with id 0. */
  readonly zeroMappingIds: number;
  /** Locations, functions and mappings whose id (not 0) an earlier row of the same table has. */
  readonly duplicateIds: number;
  /** Entries of stacks that refer to no location. */
  readonly unknownLocations: number;
  /** Lines that refer to no function, those that name none (id 0) included. */
  readonly unknownFunctions: number;
  /** Locations that name a mapping that is not there. */
  readonly unknownMappings: number;
}

/** The faults of a profile that has none. */
export const NO_FAULTS: ProfileFaults = Object.freeze({
  stringZero: 0,
  sampleTypeStrings: 0,
  labelStrings: 0,
  functionNames: 0,
  functionSystemNames: 0,
  functionFilenames: 0,
  mappingFilenames: 0,
  mappingBuildIds: 0,
  otherStrings: 0,
  valueCounts: 0,
  zeroLocationIds: 0,
  zeroFunctionIds: 0,
  zeroMappingIds: 0,
  duplicateIds: 0,
  unknownLocations: 0,
  unknownFunctions: 0,
  unknownMappings: 0,
});
