import type { ByteReader } from "../bytes/byte-reader.ts";
import { NO_FAULTS, NONE, type Profile, type ValueType } from "../profile.ts";
import { FieldReader } from "./field-reader.ts";
import { FunctionDecoder } from "./functions.ts";
import type { DecodeLimits } from "./limits.ts";
import { LocationDecoder } from "./locations.ts";
import { MappingDecoder } from "./mappings.ts";
import type { DecodeOptions } from "./options.ts";
import { SampleDecoder } from "./samples.ts";
import {
  checkCount,
  type RowCounts,
  TAG_FUNCTION,
  TAG_LOCATION,
  TAG_MAPPING,
  TAG_SAMPLE,
  TAG_SAMPLE_TYPE,
  TAG_STRING,
} from "./scan.ts";
import { clearScratch } from "./scratch.ts";
import { StringDecoder } from "./strings.ts";

/**
 * The second pass of decoding: fills columns that the first pass sized. References are kept as tokens until all ids
 * are known, because producers write samples before or after the locations they name.
 */
export function decodeTables(
  reader: ByteReader,
  counts: RowCounts,
  limits: DecodeLimits,
  { strings: ownership = "copy", memory }: DecodeOptions,
): Profile {
  clearScratch();
  memory?.reset();
  const stringCount = Math.max(1, counts.strings);
  const fields = new FieldReader(reader, limits, stringCount, memory);
  const tables = makeDecoders(fields, counts, stringCount);
  const type = new Int32Array(counts.sampleTypes);
  const unit = new Int32Array(counts.sampleTypes);
  const single = readFields(fields, tables, type, unit);

  const { faults } = fields;
  const mappingIds = tables.mappings.resolve();
  const functionIds = tables.functions.resolve();
  const locationIds = tables.locations.resolve();
  const strings = tables.strings.finish(ownership);
  if (counts.strings === 0 || strings.start[0] !== strings.end[0]) faults.stringZero = 1;
  const profile = {
    strings,
    sampleTypes: { length: counts.sampleTypes, type, unit },
    samples: tables.samples.finish(locationIds),
    labels: tables.samples.finishLabels(),
    locations: tables.locations.finish(mappingIds),
    lines: tables.locations.finishLines(functionIds),
    functions: tables.functions.finish(),
    mappings: tables.mappings.finish(),
    ...single,
  };
  const faulty = Object.values(faults).some((count) => count > 0);
  return { ...profile, faults: faulty ? Object.freeze(faults) : NO_FAULTS };
}

interface TableDecoders {
  readonly samples: SampleDecoder;
  readonly locations: LocationDecoder;
  readonly functions: FunctionDecoder;
  readonly mappings: MappingDecoder;
  readonly strings: StringDecoder;
}

function makeDecoders(fields: FieldReader, counts: RowCounts, stringCount: number): TableDecoders {
  const mappings = new MappingDecoder(fields, counts.mappings);
  const functions = new FunctionDecoder(fields, counts.functions);
  const locations = new LocationDecoder(fields, mappings.ids, functions.ids, counts.locations);
  return {
    samples: new SampleDecoder(fields, locations.ids, counts.samples, counts.sampleTypes),
    locations,
    functions,
    mappings,
    strings: new StringDecoder(fields, stringCount),
  };
}

/** Reads the whole input into the tables; what is no table is returned. */
function readFields(
  fields: FieldReader,
  tables: TableDecoders,
  sampleType: Int32Array,
  sampleUnit: Int32Array,
) {
  const { reader, faults, limits } = fields;
  let sampleTypes = 0;
  let samples = 0;
  let mappings = 0;
  let locations = 0;
  let functions = 0;
  let strings = 0;
  let periodType: ValueType | undefined;
  let period = 0n;
  let timeNanos = 0n;
  let durationNanos = 0n;
  let dropFrames = 0;
  let keepFrames = 0;
  let defaultSampleType = 0;
  let docUrl = 0;
  const comments: number[] = [];
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case TAG_SAMPLE_TYPE: {
        const { type, unit } = fields.valueType({ type: 0, unit: 0 });
        if (type === NONE || unit === NONE) faults.sampleTypeStrings++;
        sampleType[sampleTypes] = type;
        sampleUnit[sampleTypes++] = unit;
        break;
      }
      case TAG_SAMPLE:
        tables.samples.read(samples++);
        break;
      case TAG_MAPPING:
        tables.mappings.read(mappings++);
        break;
      case TAG_LOCATION:
        tables.locations.read(locations++);
        break;
      case TAG_FUNCTION:
        tables.functions.read(functions++);
        break;
      case TAG_STRING:
        tables.strings.read(strings++);
        break;
      case 0x38:
        dropFrames = fields.stringIndex();
        break;
      case 0x40:
        keepFrames = fields.stringIndex();
        break;
      case 0x48:
        timeNanos = fields.int64();
        break;
      case 0x50:
        durationNanos = fields.int64();
        break;
      case 0x5a:
        periodType = fields.valueType(periodType ?? { type: 0, unit: 0 });
        break;
      case 0x60:
        period = fields.int64();
        break;
      case 0x68:
        comments.push(fields.stringIndex());
        break;
      case 0x6a: {
        const outer = reader.enter();
        while (reader.pos < reader.end) comments.push(fields.stringIndex());
        reader.end = outer;
        break;
      }
      case 0x70:
        defaultSampleType = fields.stringIndex();
        break;
      case 0x78:
        docUrl = fields.stringIndex();
        break;
      default:
        fields.skipUnknown(tag, 15);
    }
  }
  checkCount("comments", "maxComments", limits, comments.length, reader.pos);
  const named = [dropFrames, keepFrames, defaultSampleType, docUrl, ...comments];
  if (periodType !== undefined) named.push(periodType.type, periodType.unit);
  for (const index of named) if (index === NONE) faults.otherStrings++;
  return {
    periodType,
    period,
    timeNanos,
    durationNanos,
    dropFrames,
    keepFrames,
    defaultSampleType,
    docUrl,
    comments: Int32Array.from(comments),
  };
}
