import { NO_FAULTS, NONE, type Profile, type ProfileFaults, UNKNOWN_MAPPING } from "./profile.ts";

/** The tables of a profile, without what is said about them. */
export type ProfileTables = Omit<Profile, "faults">;

/** Counts the faults that columns show; {@link NO_FAULTS} itself when there are none. */
export function countFaults(profile: ProfileTables): ProfileFaults {
  const { sampleTypes, samples, labels, locations, lines, functions, mappings, strings } = profile;
  const { dropFrames, keepFrames, defaultSampleType, docUrl, periodType } = profile;
  const named = [dropFrames, keepFrames, defaultSampleType, docUrl];
  if (periodType !== undefined) named.push(periodType.type, periodType.unit);
  const locationIds = countIds(locations.id);
  const functionIds = countIds(functions.id);
  const mappingIds = countIds(mappings.id);
  const faults: ProfileFaults = {
    stringZero: strings.start[0] === strings.end[0] ? 0 : 1,
    sampleTypeStrings: countEither(sampleTypes.type, sampleTypes.unit),
    labelStrings: countEither(labels.key, labels.str),
    functionNames: count(functions.name, NONE),
    functionSystemNames: count(functions.systemName, NONE),
    functionFilenames: count(functions.filename, NONE),
    mappingFilenames: count(mappings.filename, NONE),
    mappingBuildIds: count(mappings.buildId, NONE),
    otherStrings: count(named, NONE) + count(labels.numUnit, NONE) + count(profile.comments, NONE),
    valueCounts: countWrongValueCounts(samples.valueCount, sampleTypes.length),
    zeroLocationIds: locationIds.zeros,
    zeroFunctionIds: functionIds.zeros,
    zeroMappingIds: mappingIds.zeros,
    duplicateIds: locationIds.duplicates + functionIds.duplicates + mappingIds.duplicates,
    unknownLocations: count(samples.locations, NONE),
    unknownFunctions: count(lines.function, NONE),
    unknownMappings: count(locations.mapping, UNKNOWN_MAPPING),
  };
  return Object.values(faults).some((found) => found > 0) ? faults : NO_FAULTS;
}

function count(column: ArrayLike<number>, value: number): number {
  let found = 0;
  for (let i = 0; i < column.length; i++) if (column[i] === value) found++;
  return found;
}

function countEither(left: Int32Array, right: Int32Array): number {
  let found = 0;
  for (let i = 0; i < left.length; i++) if (left[i] === NONE || right[i] === NONE) found++;
  return found;
}

function countWrongValueCounts(valueCount: Int32Array | undefined, expected: number): number {
  if (valueCount === undefined) return 0;
  return valueCount.length - count(valueCount, expected);
}

function countIds(ids: BigUint64Array): { zeros: number; duplicates: number } {
  const distinct = new Set<bigint>(ids);
  const hasZero = distinct.delete(0n);
  let zeros = 0;
  if (hasZero) for (let i = 0; i < ids.length; i++) if (ids[i] === 0n) zeros++;
  return { zeros, duplicates: ids.length - zeros - distinct.size };
}
