import { type ByteReader, WIRE_BYTES } from "../bytes/byte-reader.ts";
import { DecodeError } from "../bytes/decode-error.ts";
import type { DecodeLimits } from "./limits.ts";

/** Tags of the repeated messages of a profile. */
export const TAG_SAMPLE_TYPE = 0x0a;
export const TAG_SAMPLE = 0x12;
export const TAG_MAPPING = 0x1a;
export const TAG_LOCATION = 0x22;
export const TAG_FUNCTION = 0x2a;
export const TAG_STRING = 0x32;

/** How many rows the tables of an input have. */
export interface RowCounts {
  readonly sampleTypes: number;
  readonly samples: number;
  readonly mappings: number;
  readonly locations: number;
  readonly functions: number;
  readonly strings: number;
  /** Bytes of the input that the samples take, their tags included. */
  readonly sampleBytes: number;
}

/**
 * Counts the rows of a profile without reading them, so that each column can be made at its final size. Leaves the
 * cursor at the end. Throws a `DecodeError` when the outer structure is broken or a limit is passed.
 */
export function scanRows(reader: ByteReader, limits: DecodeLimits): RowCounts {
  let sampleTypes = 0;
  let samples = 0;
  let sampleBytes = 0;
  let sampleContentBytes = 0;
  let mappings = 0;
  let locations = 0;
  let functions = 0;
  let strings = 0;
  while (reader.pos < reader.end) {
    const start = reader.pos;
    const tag = reader.tag();
    if ((tag & 7) !== WIRE_BYTES) {
      reader.skip(tag, limits.maxGroupDepth);
      continue;
    }
    const length = reader.length();
    reader.pos += length;
    switch (tag) {
      case TAG_SAMPLE_TYPE:
        sampleTypes++;
        break;
      case TAG_SAMPLE:
        samples++;
        sampleBytes += reader.pos - start;
        sampleContentBytes += length;
        break;
      case TAG_MAPPING:
        mappings++;
        break;
      case TAG_LOCATION:
        locations++;
        break;
      case TAG_FUNCTION:
        functions++;
        break;
      case TAG_STRING:
        strings++;
        break;
    }
  }
  const check = (what: string, limitName: keyof DecodeLimits, actual: number): void =>
    checkCount(what, limitName, limits, actual, reader.end);
  check("sample types", "maxSampleTypes", sampleTypes);
  check("samples", "maxSamples", samples);
  check("mappings", "maxMappings", mappings);
  check("locations", "maxLocations", locations);
  check("functions", "maxFunctions", functions);
  check("strings", "maxStrings", strings);
  checkValueTable(samples, sampleTypes, sampleContentBytes, reader.end);
  return { sampleTypes, samples, mappings, locations, functions, strings, sampleBytes };
}

/** Throws a `DecodeError` (`too_many`) when there are more than the limit of that name. */
export function checkCount(
  what: string,
  limitName: keyof DecodeLimits,
  limits: DecodeLimits,
  actual: number,
  offset: number,
): void {
  const limit = limits[limitName];
  if (actual <= limit) return;
  throw new DecodeError("too_many", `${actual} ${what}, the limit (${limitName}) is ${limit}`, {
    offset,
    limitName,
    limit,
    actual,
  });
}

const SMALL_VALUE_TABLE = 65_536;

/**
 * A value takes at least a byte, so a table with more cells than the samples have bytes is mostly missing values.
 * Small ones are let through for the caller to report; large ones would make memory of nothing.
 */
function checkValueTable(
  samples: number,
  types: number,
  sampleBytes: number,
  offset: number,
): void {
  const cells = samples * types;
  if (cells <= SMALL_VALUE_TABLE || cells <= sampleBytes) return;
  throw new DecodeError(
    "bad_value_count",
    `${samples} samples in ${sampleBytes} bytes cannot have ${types} values each`,
    { offset },
  );
}
