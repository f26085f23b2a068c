import { ByteWriter } from "./bytes/byte-writer.ts";
import { HIGH, LOW, wordsOf } from "./bytes/int64.ts";
import { isCountingUp } from "./decode/ids.ts";
import { NONE, type Profile, UNKNOWN_MAPPING, type ValueType } from "./profile.ts";
import { runAtOnce, type Steps } from "./steps.ts";

/**
 * Encodes a profile as an uncompressed pprof message, fields in ascending order, lists packed, defaults left out: the
 * canonical form that generated codecs write too.
 *
 * Ids are kept, and so is what {@link Profile.faults} counts, but for two things: a table in which a referenced row
 * has id 0 or an id that a later row has too is numbered anew from 1, and values beyond the sample types are zeros.
 *
 * Work and memory follow the profile's size, about 5 ms for a megabyte. Where even this is too long in one piece, use
 * {@link encodePprofSteps}.
 */
export function encodePprof(profile: Profile): Uint8Array<ArrayBuffer> {
  return runAtOnce(encodePprofSteps(profile, Number.POSITIVE_INFINITY));
}

/** Rows between two looks at how much was written. */
const CHUNK_ROWS = 32;

/**
 * {@link encodePprof} in slices: yields after about every `bytesPerStep` bytes and returns the message at the end, so
 * that a caller can give the event loop a turn in between. 64 KiB take well below a millisecond.
 *
 * ```ts
 * const steps = encodePprofSteps(profile);
 * let step = steps.next();
 * while (!step.done) {
 *   await setImmediate();
 *   step = steps.next();
 * }
 * push(step.value);
 * ```
 */
export function* encodePprofSteps(
  profile: Profile,
  bytesPerStep: number = 65_536,
): Steps<Uint8Array<ArrayBuffer>> {
  const writer = new ByteWriter(estimateBytes(profile));
  const ids = writtenIds(profile);
  const { sampleTypes } = profile;
  for (let i = 0; i < sampleTypes.length; i++) {
    writeValueType(writer, 0x0a, { type: sampleTypes.type[i]!, unit: sampleTypes.unit[i]! });
  }
  const tables: readonly (readonly [WriteRows, rows: number])[] = [
    [writeSamples, profile.samples.length],
    [writeMappings, profile.mappings.length],
    [writeLocations, profile.locations.length],
    [writeFunctions, profile.functions.length],
    [writeStrings, profile.strings.length],
  ];
  let stepEnd = bytesPerStep;
  for (const [write, rows] of tables) {
    for (let from = 0; from < rows; from += CHUNK_ROWS) {
      write(writer, profile, ids, from, Math.min(rows, from + CHUNK_ROWS));
      if (writer.length < stepEnd) continue;
      yield;
      stepEnd = writer.length + bytesPerStep;
    }
  }
  writeScalars(writer, profile);
  return writer.finish();
}

/** The ids to write for each table, as words. */
interface WrittenIds {
  readonly locations: Int32Array;
  readonly functions: Int32Array;
  readonly mappings: Int32Array;
  /** An id (low half) that no mapping has, for locations whose mapping is unknown. */
  readonly unknownMapping: number;
}

type WriteRows = (
  writer: ByteWriter,
  profile: Profile,
  ids: WrittenIds,
  from: number,
  to: number,
) => void;

/** Close to what profiles of one- and two-byte ids take; the writer grows when it is more. */
function estimateBytes(profile: Profile): number {
  const { samples, locations, lines, functions, labels, strings, sampleTypes } = profile;
  let text = 0;
  for (let i = 0; i < strings.length; i++) text += strings.end[i]! - strings.start[i]! + 3;
  const stacks = 8 * samples.length + 2 * samples.locations.length;
  const values = 5 * samples.length * sampleTypes.length;
  const places = 14 * locations.length + 9 * lines.length + 12 * functions.length;
  return 256 + text + stacks + values + places + 9 * labels.length;
}

function writeValueType(writer: ByteWriter, tag: number, { type, unit }: ValueType): void {
  const start = writer.begin(tag);
  writer.indexField(0x08, type);
  writer.indexField(0x10, unit);
  writer.finishMessage(start);
}

function writeSamples(
  writer: ByteWriter,
  { samples, sampleTypes, labels }: Profile,
  ids: WrittenIds,
  from: number,
  to: number,
): void {
  const { locationStart, locations, labelStart, valueCount } = samples;
  const values = wordsOf(samples.values);
  const numbers = wordsOf(labels.num);
  const idWords = ids.locations;
  for (let row = from; row < to; row++) {
    const sample = writer.begin(0x12);
    if (locationStart[row]! < locationStart[row + 1]!) {
      const stack = writer.begin(0x0a);
      for (let i = locationStart[row]!; i < locationStart[row + 1]!; i++) {
        const location = locations[i]!;
        if (location === NONE) writer.varint(0);
        else writer.varint64(idWords[2 * location + LOW]!, idWords[2 * location + HIGH]!);
      }
      writer.finishMessage(stack);
    }
    const count = valueCount === undefined ? sampleTypes.length : valueCount[row]!;
    if (count > 0) {
      const list = writer.begin(0x12);
      for (let column = 0; column < count; column++) {
        const cell = 2 * (row * sampleTypes.length + column);
        if (column < sampleTypes.length) writer.varint64(values[cell + LOW]!, values[cell + HIGH]!);
        else writer.varint(0);
      }
      writer.finishMessage(list);
    }
    for (let i = labelStart[row]!; i < labelStart[row + 1]!; i++) {
      const label = writer.begin(0x1a);
      writer.indexField(0x08, labels.key[i]!);
      writer.indexField(0x10, labels.str[i]!);
      writer.field64(0x18, numbers[2 * i + LOW]!, numbers[2 * i + HIGH]!);
      writer.indexField(0x20, labels.numUnit[i]!);
      writer.finishMessage(label);
    }
    writer.finishMessage(sample);
  }
}

function writeMappings(
  writer: ByteWriter,
  { mappings }: Profile,
  ids: WrittenIds,
  from: number,
  to: number,
): void {
  const start = wordsOf(mappings.start);
  const limit = wordsOf(mappings.limit);
  const offset = wordsOf(mappings.offset);
  for (let row = from; row < to; row++) {
    const low = 2 * row + LOW;
    const high = 2 * row + HIGH;
    const message = writer.begin(0x1a);
    writer.field64(0x08, ids.mappings[low]!, ids.mappings[high]!);
    writer.field64(0x10, start[low]!, start[high]!);
    writer.field64(0x18, limit[low]!, limit[high]!);
    writer.field64(0x20, offset[low]!, offset[high]!);
    writer.indexField(0x28, mappings.filename[row]!);
    writer.indexField(0x30, mappings.buildId[row]!);
    writer.indexField(0x38, mappings.hasFunctions[row]!);
    writer.indexField(0x40, mappings.hasFilenames[row]!);
    writer.indexField(0x48, mappings.hasLineNumbers[row]!);
    writer.indexField(0x50, mappings.hasInlineFrames[row]!);
    writer.finishMessage(message);
  }
}

function writeLocations(
  writer: ByteWriter,
  { locations, lines }: Profile,
  ids: WrittenIds,
  from: number,
  to: number,
): void {
  const { lineStart, mapping, folded } = locations;
  const address = wordsOf(locations.address);
  const line = wordsOf(lines.line);
  const column = wordsOf(lines.column);
  for (let row = from; row < to; row++) {
    const low = 2 * row + LOW;
    const high = 2 * row + HIGH;
    const message = writer.begin(0x22);
    writer.field64(0x08, ids.locations[low]!, ids.locations[high]!);
    const target = mapping[row]!;
    if (target === UNKNOWN_MAPPING) writer.field64(0x10, ids.unknownMapping, 0);
    else if (target !== NONE) {
      writer.field64(0x10, ids.mappings[2 * target + LOW]!, ids.mappings[2 * target + HIGH]!);
    }
    writer.field64(0x18, address[low]!, address[high]!);
    for (let i = lineStart[row]!; i < lineStart[row + 1]!; i++) {
      const entry = writer.begin(0x22);
      const callee = lines.function[i]!;
      if (callee !== NONE) {
        writer.field64(0x08, ids.functions[2 * callee + LOW]!, ids.functions[2 * callee + HIGH]!);
      }
      writer.field64(0x10, line[2 * i + LOW]!, line[2 * i + HIGH]!);
      writer.field64(0x18, column[2 * i + LOW]!, column[2 * i + HIGH]!);
      writer.finishMessage(entry);
    }
    writer.indexField(0x28, folded[row]!);
    writer.finishMessage(message);
  }
}

function writeFunctions(
  writer: ByteWriter,
  { functions }: Profile,
  ids: WrittenIds,
  from: number,
  to: number,
): void {
  const startLine = wordsOf(functions.startLine);
  for (let row = from; row < to; row++) {
    const message = writer.begin(0x2a);
    writer.field64(0x08, ids.functions[2 * row + LOW]!, ids.functions[2 * row + HIGH]!);
    writer.indexField(0x10, functions.name[row]!);
    writer.indexField(0x18, functions.systemName[row]!);
    writer.indexField(0x20, functions.filename[row]!);
    writer.field64(0x28, startLine[2 * row + LOW]!, startLine[2 * row + HIGH]!);
    writer.finishMessage(message);
  }
}

function writeStrings(
  writer: ByteWriter,
  { strings }: Profile,
  _ids: WrittenIds,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    writer.bytesField(0x32, strings.data, strings.start[i]!, strings.end[i]!);
  }
}

function writeScalars(writer: ByteWriter, profile: Profile): void {
  const numbers = wordsOf(
    BigInt64Array.of(profile.timeNanos, profile.durationNanos, profile.period),
  );
  writer.indexField(0x38, profile.dropFrames);
  writer.indexField(0x40, profile.keepFrames);
  writer.field64(0x48, numbers[LOW]!, numbers[HIGH]!);
  writer.field64(0x50, numbers[2 + LOW]!, numbers[2 + HIGH]!);
  if (profile.periodType !== undefined) writeValueType(writer, 0x5a, profile.periodType);
  writer.field64(0x60, numbers[4 + LOW]!, numbers[4 + HIGH]!);
  if (profile.comments.length > 0) {
    const list = writer.begin(0x6a);
    for (const comment of profile.comments) writer.index(comment);
    writer.finishMessage(list);
  }
  writer.indexField(0x70, profile.defaultSampleType);
  writer.indexField(0x78, profile.docUrl);
}

function writtenIds({ samples, locations, lines, functions, mappings }: Profile): WrittenIds {
  const mappingIds = idsFor(mappings.id, locations.mapping);
  return {
    locations: idsFor(locations.id, samples.locations),
    functions: idsFor(functions.id, lines.function),
    mappings: mappingIds,
    unknownMapping: locations.mapping.includes(UNKNOWN_MAPPING) ? unusedId(mappings.id) : 0,
  };
}

/** The ids of a table as words, or 1, 2, 3… when a reference would lead to another row by them. */
function idsFor(ids: BigUint64Array, references: Int32Array): Int32Array {
  const words = wordsOf(ids);
  if (isCountingUp(words)) return words;
  const rowOfId = new Map<bigint, number>();
  for (let row = 0; row < ids.length; row++) rowOfId.set(ids[row]!, row);
  rowOfId.delete(0n);
  if (rowOfId.size === ids.length) return words;
  const misled = references.some((row) => row >= 0 && rowOfId.get(ids[row]!) !== row);
  return misled ? wordsOf(BigUint64Array.from(ids, (_, row) => BigInt(row + 1))) : words;
}

function unusedId(ids: BigUint64Array): number {
  const used = new Set(ids);
  let id = 1;
  while (used.has(BigInt(id))) id++;
  return id;
}
