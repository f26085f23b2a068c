import { countFaults } from "./faults.ts";
import { NO_FAULTS, NONE, type Profile, type ProfileFaults, UNKNOWN_MAPPING } from "./profile.ts";
import { ProfileError } from "./profile-error.ts";

/**
 * Verifies that a profile holds together: every column has the length of its table, starts ascend, references point
 * into their tables (or are the sentinel that the column allows), flags are 0 or 1, and `faults` counts what the
 * columns show. Throws a `ProfileError` that names column and row. Decoders and builders here never make a profile
 * that fails; the check is for tests and for profiles put together by hand.
 */
export function checkProfile(profile: Profile): void {
  checkStrings(profile);
  checkSamples(profile);
  checkLocations(profile);
  checkFunctionsAndMappings(profile);
  checkScalars(profile);
  checkFaults(profile);
}

function checkStrings({ strings }: Profile): void {
  if (strings.length < 1) fail("bad_length", "strings", "there is no string 0");
  checkLength("strings.start", strings.start, strings.length);
  checkLength("strings.end", strings.end, strings.length);
  for (let i = 0; i < strings.length; i++) {
    const start = strings.start[i]!;
    const end = strings.end[i]!;
    if (start < 0 || end > strings.data.length) {
      fail("bad_index", "strings.start", "a string lies outside its buffer", i);
    }
    if (start > end) fail("bad_order", "strings.start", "a string ends before it begins", i);
  }
}

function checkSamples(profile: Profile): void {
  const { sampleTypes, samples, labels, strings } = profile;
  const { length } = samples;
  checkLength("sampleTypes.type", sampleTypes.type, sampleTypes.length);
  checkLength("sampleTypes.unit", sampleTypes.unit, sampleTypes.length);
  checkIndices("sampleTypes.type", sampleTypes.type, NONE, strings.length);
  checkIndices("sampleTypes.unit", sampleTypes.unit, NONE, strings.length);
  checkStarts("samples.locationStart", samples.locationStart, length, samples.locations.length);
  checkIndices("samples.locations", samples.locations, NONE, profile.locations.length);
  checkLength("samples.values", samples.values, length * sampleTypes.length);
  checkStarts("samples.labelStart", samples.labelStart, length, labels.length);
  if (samples.valueCount !== undefined) {
    checkLength("samples.valueCount", samples.valueCount, length);
    checkIndices("samples.valueCount", samples.valueCount, 0, Number.POSITIVE_INFINITY);
    if (samples.valueCount.every((count) => count === sampleTypes.length)) {
      fail("bad_faults", "samples.valueCount", "no sample has a wrong number of values");
    }
  }
  for (const name of ["key", "str", "numUnit"] as const) {
    checkLength(`labels.${name}`, labels[name], labels.length);
    checkIndices(`labels.${name}`, labels[name], NONE, strings.length);
  }
  checkLength("labels.num", labels.num, labels.length);
}

function checkLocations({ locations, lines, mappings, functions }: Profile): void {
  for (const name of ["id", "mapping", "address", "folded"] as const) {
    checkLength(`locations.${name}`, locations[name], locations.length);
  }
  checkIndices("locations.mapping", locations.mapping, UNKNOWN_MAPPING, mappings.length);
  checkFlags("locations.folded", locations.folded);
  checkStarts("locations.lineStart", locations.lineStart, locations.length, lines.length);
  for (const name of ["function", "line", "column"] as const) {
    checkLength(`lines.${name}`, lines[name], lines.length);
  }
  checkIndices("lines.function", lines.function, NONE, functions.length);
}

function checkFunctionsAndMappings({ functions, mappings, strings }: Profile): void {
  for (const name of ["name", "systemName", "filename"] as const) {
    checkLength(`functions.${name}`, functions[name], functions.length);
    checkIndices(`functions.${name}`, functions[name], NONE, strings.length);
  }
  checkLength("functions.id", functions.id, functions.length);
  checkLength("functions.startLine", functions.startLine, functions.length);
  for (const name of ["id", "start", "limit", "offset"] as const) {
    checkLength(`mappings.${name}`, mappings[name], mappings.length);
  }
  for (const name of ["filename", "buildId"] as const) {
    checkLength(`mappings.${name}`, mappings[name], mappings.length);
    checkIndices(`mappings.${name}`, mappings[name], NONE, strings.length);
  }
  const flags = ["hasFunctions", "hasFilenames", "hasLineNumbers", "hasInlineFrames"] as const;
  for (const name of flags) {
    checkLength(`mappings.${name}`, mappings[name], mappings.length);
    checkFlags(`mappings.${name}`, mappings[name]);
  }
}

function checkScalars(profile: Profile): void {
  const { strings, comments, periodType } = profile;
  for (const name of ["dropFrames", "keepFrames", "defaultSampleType", "docUrl"] as const) {
    checkIndices(name, [profile[name]], NONE, strings.length);
  }
  checkIndices("comments", comments, NONE, strings.length);
  if (periodType !== undefined) {
    checkIndices("periodType", [periodType.type, periodType.unit], NONE, strings.length);
  }
  for (const name of ["period", "timeNanos", "durationNanos"] as const) {
    if (BigInt.asIntN(64, profile[name]) !== profile[name]) {
      fail("bad_number", name, `${profile[name]} does not fit 64 bits`);
    }
  }
}

function checkFaults(profile: Profile): void {
  const found = countFaults(profile);
  for (const name of Object.keys(NO_FAULTS) as (keyof ProfileFaults)[]) {
    // An input without any string gets an empty string 0, which leaves no trace in the columns.
    if (name === "stringZero" && profile.faults.stringZero === 1) continue;
    if (found[name] === profile.faults[name]) continue;
    const counted = profile.faults[name];
    fail("bad_faults", `faults.${name}`, `${counted} are counted, ${found[name]} are there`);
  }
}

function checkLength(column: string, values: ArrayLike<unknown>, length: number): void {
  if (values.length === length) return;
  fail("bad_length", column, `${values.length} entries for ${length} rows`);
}

function checkIndices(column: string, values: ArrayLike<number>, from: number, to: number): void {
  for (let i = 0; i < values.length; i++) {
    const index = values[i]!;
    if (index < from || index >= to || !Number.isInteger(index)) {
      fail("bad_index", column, `${index} is not from ${from} to ${to - 1}`, i);
    }
  }
}

function checkStarts(column: string, starts: Int32Array, rows: number, total: number): void {
  checkLength(column, starts, rows + 1);
  if (starts[0] !== 0) fail("bad_order", column, "the first list does not begin at 0", 0);
  for (let i = 0; i < rows; i++) {
    if (starts[i]! > starts[i + 1]!) fail("bad_order", column, "a list ends before it begins", i);
  }
  if (starts[rows] !== total) {
    fail("bad_length", column, `the lists end at ${starts[rows]} of ${total} entries`, rows);
  }
}

function checkFlags(column: string, flags: Uint8Array): void {
  const index = flags.findIndex((flag) => flag > 1);
  if (index >= 0) fail("bad_flag", column, `${flags[index]} is neither 0 nor 1`, index);
}

function fail(code: ProfileError["code"], column: string, message: string, index?: number): never {
  const row = index === undefined ? "" : `[${index}]`;
  const context = index === undefined ? { column } : { column, index };
  throw new ProfileError(code, `${column}${row}: ${message}`, context);
}
