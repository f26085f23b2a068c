import type { ByteReader } from "./bytes/byte-reader.ts";
import { IntVector } from "./bytes/int-vector.ts";
import { HIGH, int64Of, LOW, wordsOf } from "./bytes/int64.ts";
import { ColumnAllocator } from "./columns.ts";
import type { DecodeLimits } from "./decode-limits.ts";
import {
  checkCount,
  type RowCounts,
  TAG_FUNCTION,
  TAG_LOCATION,
  TAG_MAPPING,
  TAG_SAMPLE,
  TAG_SAMPLE_TYPE,
  TAG_STRING,
} from "./decode-scan.ts";
import { IdResolver } from "./ids.ts";
import {
  type LabelTable,
  type LineTable,
  NO_FAULTS,
  NONE,
  type Profile,
  type ProfileFaults,
  type StringTable,
  UNKNOWN_MAPPING,
  type ValueType,
} from "./profile.ts";
import { stringTable } from "./strings.ts";

/** Entries of the lists below: key, text, number (low, high), unit of a label. */
const LABEL_STRIDE = 5;
/** Function token, line (low, high), column (low, high) of a line. */
const LINE_STRIDE = 5;

/**
 * Lists whose length no cheap scan tells. They are reused from one decode to the next, which runs to its end before
 * another begins; what grew past a megabyte is let go.
 */
const scratch = { stacks: new IntVector(), labels: new IntVector(), lines: new IntVector() };
const SCRATCH_KEPT = 262_144;

/**
 * The second pass of decoding: fills columns that the first pass sized. References are kept as tokens until all ids
 * are known, because producers write samples before or after the locations they name.
 */
export class TableDecoder {
  private readonly reader: ByteReader;
  private readonly counts: RowCounts;
  private readonly limits: DecodeLimits;
  private readonly faults: { -readonly [K in keyof ProfileFaults]: number } = { ...NO_FAULTS };
  private readonly locationIds = new IdResolver();
  private readonly functionIds = new IdResolver();
  private readonly mappingIds = new IdResolver();
  private readonly comments: number[] = [];
  private readonly stringCount: number;

  private readonly values: BigInt64Array;
  private readonly locationId: BigUint64Array;
  private readonly address: BigUint64Array;
  private readonly functionId: BigUint64Array;
  private readonly startLine: BigInt64Array;
  private readonly mappingId: BigUint64Array;
  private readonly mappingStart: BigUint64Array;
  private readonly mappingLimit: BigUint64Array;
  private readonly mappingOffset: BigUint64Array;
  private readonly valueWords: Int32Array;
  private readonly locationIdWords: Int32Array;
  private readonly addressWords: Int32Array;
  private readonly functionIdWords: Int32Array;
  private readonly startLineWords: Int32Array;
  private readonly mappingIdWords: Int32Array;
  private readonly mappingStartWords: Int32Array;
  private readonly mappingLimitWords: Int32Array;
  private readonly mappingOffsetWords: Int32Array;
  private readonly sampleType: Int32Array;
  private readonly sampleUnit: Int32Array;
  private readonly locationStart: Int32Array;
  private readonly labelStart: Int32Array;
  private readonly mapping: Int32Array;
  private readonly lineStart: Int32Array;
  private readonly functionName: Int32Array;
  private readonly systemName: Int32Array;
  private readonly functionFile: Int32Array;
  private readonly mappingFile: Int32Array;
  private readonly buildId: Int32Array;
  private readonly stringStart: Int32Array;
  private readonly stringEnd: Int32Array;
  private readonly folded: Uint8Array;
  private readonly hasFunctions: Uint8Array;
  private readonly hasFilenames: Uint8Array;
  private readonly hasLineNumbers: Uint8Array;
  private readonly hasInlineFrames: Uint8Array;
  private valueCount: Int32Array | undefined;

  constructor(reader: ByteReader, counts: RowCounts, limits: DecodeLimits) {
    this.reader = reader;
    this.counts = counts;
    this.limits = limits;
    const { sampleTypes, samples, mappings, locations, functions } = counts;
    const strings = Math.max(1, counts.strings);
    const columns = new ColumnAllocator(
      samples * sampleTypes + 2 * locations + 2 * functions + 4 * mappings,
      2 * sampleTypes +
        2 * (samples + 1) +
        (2 * locations + 1) +
        3 * functions +
        2 * mappings +
        2 * strings,
      locations + 4 * mappings,
    );
    this.values = columns.int64(samples * sampleTypes);
    this.locationId = columns.uint64(locations);
    this.address = columns.uint64(locations);
    this.functionId = columns.uint64(functions);
    this.startLine = columns.int64(functions);
    this.mappingId = columns.uint64(mappings);
    this.mappingStart = columns.uint64(mappings);
    this.mappingLimit = columns.uint64(mappings);
    this.mappingOffset = columns.uint64(mappings);
    this.valueWords = wordsOf(this.values);
    this.locationIdWords = wordsOf(this.locationId);
    this.addressWords = wordsOf(this.address);
    this.functionIdWords = wordsOf(this.functionId);
    this.startLineWords = wordsOf(this.startLine);
    this.mappingIdWords = wordsOf(this.mappingId);
    this.mappingStartWords = wordsOf(this.mappingStart);
    this.mappingLimitWords = wordsOf(this.mappingLimit);
    this.mappingOffsetWords = wordsOf(this.mappingOffset);
    this.sampleType = columns.int32(sampleTypes);
    this.sampleUnit = columns.int32(sampleTypes);
    this.locationStart = columns.int32(samples + 1);
    this.labelStart = columns.int32(samples + 1);
    this.mapping = columns.int32(locations);
    this.lineStart = columns.int32(locations + 1);
    this.functionName = columns.int32(functions);
    this.systemName = columns.int32(functions);
    this.functionFile = columns.int32(functions);
    this.mappingFile = columns.int32(mappings);
    this.buildId = columns.int32(mappings);
    this.stringStart = columns.int32(strings);
    this.stringEnd = columns.int32(strings);
    this.folded = columns.uint8(locations);
    this.hasFunctions = columns.uint8(mappings);
    this.hasFilenames = columns.uint8(mappings);
    this.hasLineNumbers = columns.uint8(mappings);
    this.hasInlineFrames = columns.uint8(mappings);
    this.stringCount = strings;
  }

  decode(ownership: "copy" | "view"): Profile {
    scratch.stacks.length = 0;
    scratch.labels.length = 0;
    scratch.lines.length = 0;
    const rest = this.readFields();
    const { counts, faults } = this;
    const lines = this.finishLines();
    this.resolveMappings();
    const locations = this.finishStacks();
    const labels = this.finishLabels();
    const strings = this.finishStrings(ownership);
    for (const vector of [scratch.stacks, scratch.labels, scratch.lines]) {
      if (vector.data.length > SCRATCH_KEPT) vector.data = new Int32Array(64);
    }
    return {
      strings,
      sampleTypes: { length: counts.sampleTypes, type: this.sampleType, unit: this.sampleUnit },
      samples: {
        length: counts.samples,
        locationStart: this.locationStart,
        locations,
        values: this.values,
        labelStart: this.labelStart,
        valueCount: this.valueCount,
      },
      labels,
      locations: {
        length: counts.locations,
        id: this.locationId,
        mapping: this.mapping,
        address: this.address,
        lineStart: this.lineStart,
        folded: this.folded,
      },
      lines,
      functions: {
        length: counts.functions,
        id: this.functionId,
        name: this.functionName,
        systemName: this.systemName,
        filename: this.functionFile,
        startLine: this.startLine,
      },
      mappings: {
        length: counts.mappings,
        id: this.mappingId,
        start: this.mappingStart,
        limit: this.mappingLimit,
        offset: this.mappingOffset,
        filename: this.mappingFile,
        buildId: this.buildId,
        hasFunctions: this.hasFunctions,
        hasFilenames: this.hasFilenames,
        hasLineNumbers: this.hasLineNumbers,
        hasInlineFrames: this.hasInlineFrames,
      },
      ...rest,
      comments: Int32Array.from(this.comments),
      faults: Object.values(faults).some((count) => count > 0) ? Object.freeze(faults) : NO_FAULTS,
    };
  }

  /** Reads the whole input; what is no table is returned. */
  private readFields() {
    const { reader } = this;
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
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case TAG_SAMPLE_TYPE: {
          const { type, unit } = this.readValueType({ type: 0, unit: 0 });
          if (type === NONE || unit === NONE) this.faults.sampleTypeStrings++;
          this.sampleType[sampleTypes] = type;
          this.sampleUnit[sampleTypes++] = unit;
          break;
        }
        case TAG_SAMPLE:
          this.readSample(samples++);
          break;
        case TAG_MAPPING:
          this.readMapping(mappings++);
          break;
        case TAG_LOCATION:
          this.readLocation(locations++);
          break;
        case TAG_FUNCTION:
          this.readFunction(functions++);
          break;
        case TAG_STRING: {
          const length = reader.length();
          this.stringStart[strings] = reader.pos;
          reader.pos += length;
          this.stringEnd[strings++] = reader.pos;
          break;
        }
        case 0x38:
          dropFrames = this.readStringIndex();
          break;
        case 0x40:
          keepFrames = this.readStringIndex();
          break;
        case 0x48:
          timeNanos = this.readInt64();
          break;
        case 0x50:
          durationNanos = this.readInt64();
          break;
        case 0x5a:
          periodType = this.readValueType(periodType ?? { type: 0, unit: 0 });
          break;
        case 0x60:
          period = this.readInt64();
          break;
        case 0x68:
          this.comments.push(this.readStringIndex());
          break;
        case 0x6a: {
          const outer = reader.enter();
          while (reader.pos < reader.end) this.comments.push(this.readStringIndex());
          reader.end = outer;
          break;
        }
        case 0x70:
          defaultSampleType = this.readStringIndex();
          break;
        case 0x78:
          docUrl = this.readStringIndex();
          break;
        default:
          this.skipUnknown(tag, 15);
      }
    }
    checkCount("comments", "maxComments", this.limits, this.comments.length, reader.pos);
    const others = [dropFrames, keepFrames, defaultSampleType, docUrl, ...this.comments];
    if (periodType !== undefined) others.push(periodType.type, periodType.unit);
    for (const index of others) if (index === NONE) this.faults.otherStrings++;
    return {
      periodType,
      period,
      timeNanos,
      durationNanos,
      dropFrames,
      keepFrames,
      defaultSampleType,
      docUrl,
    };
  }

  private readValueType(before: ValueType): ValueType {
    const { reader } = this;
    let { type, unit } = before;
    const outer = reader.enter();
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      if (tag === 0x08) type = this.readStringIndex();
      else if (tag === 0x10) unit = this.readStringIndex();
      else this.skipUnknown(tag, 2);
    }
    reader.end = outer;
    return { type, unit };
  }

  private readSample(row: number): void {
    const { reader } = this;
    const { stacks, labels } = scratch;
    const stackBefore = stacks.length;
    const labelsBefore = labels.length;
    let values = 0;
    const start = reader.pos;
    const outer = reader.enter();
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case 0x0a:
          this.readStack();
          break;
        case 0x08:
          stacks.push(this.readToken(this.locationIds));
          break;
        case 0x12: {
          const inner = reader.enter();
          while (reader.pos < reader.end) this.readValue(row, values++);
          reader.end = inner;
          break;
        }
        case 0x10:
          this.readValue(row, values++);
          break;
        case 0x1a:
          this.readLabel();
          break;
        default:
          this.skipUnknown(tag, 3);
      }
    }
    reader.end = outer;
    const depth = stacks.length - stackBefore;
    if (depth > this.limits.maxStackDepth) {
      checkCount("locations in a stack", "maxStackDepth", this.limits, depth, start);
    }
    const labelCount = (labels.length - labelsBefore) / LABEL_STRIDE;
    if (labelCount > this.limits.maxSampleLabels) {
      checkCount("labels on a sample", "maxSampleLabels", this.limits, labelCount, start);
    }
    this.locationStart[row + 1] = stacks.length;
    this.labelStart[row + 1] = labels.length / LABEL_STRIDE;
    if (values !== this.counts.sampleTypes) {
      this.faults.valueCounts++;
      this.valueCount ??= new Int32Array(this.counts.samples).fill(this.counts.sampleTypes);
      this.valueCount[row] = values;
    }
  }

  /** A packed stack. One- and two-byte ids, nearly all there are, are read in place. */
  private readStack(): void {
    const { reader } = this;
    const { bytes } = reader;
    const { stacks } = scratch;
    const outer = reader.enter();
    const { end } = reader;
    let { pos } = reader;
    stacks.reserve(end - pos);
    const { data } = stacks;
    let { length } = stacks;
    while (pos < end) {
      const first = bytes[pos]!;
      if (first < 0x80) {
        data[length++] = first;
        pos++;
        continue;
      }
      const second = pos + 1 < end ? bytes[pos + 1]! : 0x80;
      if (second < 0x80) {
        data[length++] = (first & 0x7f) | (second << 7);
        pos += 2;
        continue;
      }
      reader.pos = pos;
      data[length++] = this.readToken(this.locationIds);
      pos = reader.pos;
    }
    stacks.length = length;
    reader.pos = pos;
    reader.end = outer;
  }

  private readValue(row: number, column: number): void {
    const { reader } = this;
    reader.varint64();
    if (column < this.counts.sampleTypes) {
      putWords(this.valueWords, row * this.counts.sampleTypes + column, reader);
    }
  }

  private readLabel(): void {
    const { reader } = this;
    const { labels } = scratch;
    let key = 0;
    let str = 0;
    let low = 0;
    let high = 0;
    let unit = 0;
    const outer = reader.enter();
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case 0x08:
          key = this.readStringIndex();
          break;
        case 0x10:
          str = this.readStringIndex();
          break;
        case 0x18:
          reader.varint64();
          low = reader.low;
          high = reader.high;
          break;
        case 0x20:
          unit = this.readStringIndex();
          break;
        default:
          this.skipUnknown(tag, 4);
      }
    }
    reader.end = outer;
    if (key === NONE || str === NONE) this.faults.labelStrings++;
    if (unit === NONE) this.faults.otherStrings++;
    labels.reserve(LABEL_STRIDE);
    const { data, length } = labels;
    data[length] = key;
    data[length + 1] = str;
    data[length + 2] = low;
    data[length + 3] = high;
    data[length + 4] = unit;
    labels.length = length + LABEL_STRIDE;
  }

  private readMapping(row: number): void {
    const { reader, faults } = this;
    const outer = reader.enter();
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case 0x08:
          reader.varint64();
          putWords(this.mappingIdWords, row, reader);
          break;
        case 0x10:
          reader.varint64();
          putWords(this.mappingStartWords, row, reader);
          break;
        case 0x18:
          reader.varint64();
          putWords(this.mappingLimitWords, row, reader);
          break;
        case 0x20:
          reader.varint64();
          putWords(this.mappingOffsetWords, row, reader);
          break;
        case 0x28:
          this.mappingFile[row] = this.readStringIndex();
          break;
        case 0x30:
          this.buildId[row] = this.readStringIndex();
          break;
        case 0x38:
          this.hasFunctions[row] = this.readFlag();
          break;
        case 0x40:
          this.hasFilenames[row] = this.readFlag();
          break;
        case 0x48:
          this.hasLineNumbers[row] = this.readFlag();
          break;
        case 0x50:
          this.hasInlineFrames[row] = this.readFlag();
          break;
        default:
          this.skipUnknown(tag, 10);
      }
    }
    reader.end = outer;
    if (this.mappingFile[row] === NONE) faults.mappingFilenames++;
    if (this.buildId[row] === NONE) faults.mappingBuildIds++;
  }

  private readLocation(row: number): void {
    const { reader } = this;
    const { lines } = scratch;
    const linesBefore = lines.length;
    const start = reader.pos;
    const outer = reader.enter();
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case 0x08:
          reader.varint64();
          putWords(this.locationIdWords, row, reader);
          break;
        case 0x10:
          this.mapping[row] = this.readToken(this.mappingIds);
          break;
        case 0x18:
          reader.varint64();
          putWords(this.addressWords, row, reader);
          break;
        case 0x22:
          this.readLine();
          break;
        case 0x28:
          this.folded[row] = this.readFlag();
          break;
        default:
          this.skipUnknown(tag, 5);
      }
    }
    reader.end = outer;
    const count = (lines.length - linesBefore) / LINE_STRIDE;
    if (count > this.limits.maxLocationLines) {
      checkCount("lines of a location", "maxLocationLines", this.limits, count, start);
    }
    this.lineStart[row + 1] = lines.length / LINE_STRIDE;
  }

  private readLine(): void {
    const { reader } = this;
    const { lines } = scratch;
    let callee = 0;
    let lineLow = 0;
    let lineHigh = 0;
    let columnLow = 0;
    let columnHigh = 0;
    const outer = reader.enter();
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case 0x08:
          callee = this.readToken(this.functionIds);
          break;
        case 0x10:
          reader.varint64();
          lineLow = reader.low;
          lineHigh = reader.high;
          break;
        case 0x18:
          reader.varint64();
          columnLow = reader.low;
          columnHigh = reader.high;
          break;
        default:
          this.skipUnknown(tag, 3);
      }
    }
    reader.end = outer;
    lines.reserve(LINE_STRIDE);
    const { data, length } = lines;
    data[length] = callee;
    data[length + 1] = lineLow;
    data[length + 2] = lineHigh;
    data[length + 3] = columnLow;
    data[length + 4] = columnHigh;
    lines.length = length + LINE_STRIDE;
  }

  private readFunction(row: number): void {
    const { reader, faults } = this;
    const outer = reader.enter();
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      switch (tag) {
        case 0x08:
          reader.varint64();
          putWords(this.functionIdWords, row, reader);
          break;
        case 0x10:
          this.functionName[row] = this.readStringIndex();
          break;
        case 0x18:
          this.systemName[row] = this.readStringIndex();
          break;
        case 0x20:
          this.functionFile[row] = this.readStringIndex();
          break;
        case 0x28:
          reader.varint64();
          putWords(this.startLineWords, row, reader);
          break;
        default:
          this.skipUnknown(tag, 5);
      }
    }
    reader.end = outer;
    if (this.functionName[row] === NONE) faults.functionNames++;
    if (this.systemName[row] === NONE) faults.functionSystemNames++;
    if (this.functionFile[row] === NONE) faults.functionFilenames++;
  }

  private readStringIndex(): number {
    const { reader } = this;
    reader.varint64();
    const { low } = reader;
    return reader.high === 0 && low >= 0 && low < this.stringCount ? low : NONE;
  }

  private readToken(ids: IdResolver): number {
    const { reader } = this;
    reader.varint64();
    return reader.high === 0 && reader.low >= 0 ? reader.low : ids.token(reader.low, reader.high);
  }

  private readFlag(): number {
    this.reader.varint64();
    return (this.reader.low | this.reader.high) === 0 ? 0 : 1;
  }

  private readInt64(): bigint {
    this.reader.varint64();
    return int64Of(this.reader.low, this.reader.high);
  }

  /** A known field under a wrong wire type is a broken message; only unknown ones are read past. */
  private skipUnknown(tag: number, lastKnownField: number): void {
    const field = tag >>> 3;
    if (field <= lastKnownField) {
      throw this.reader.error("bad_wire_type", `field ${field} has wire type ${tag & 7}`);
    }
    this.reader.skip(tag, this.limits.maxGroupDepth);
  }

  private finishLines(): LineTable {
    const { data } = scratch.lines;
    const length = scratch.lines.length / LINE_STRIDE;
    const ids = this.functionIds.resolve(this.functionIdWords);
    this.faults.zeroFunctionIds = ids.zeros;
    this.faults.duplicateIds += ids.duplicates;
    const columns = new ColumnAllocator(2 * length, length, 0);
    const line = columns.int64(length);
    const column = columns.int64(length);
    const functions = columns.int32(length);
    const lineWords = wordsOf(line);
    const columnWords = wordsOf(column);
    let unknown = 0;
    for (let i = 0, from = 0; i < length; i++, from += LINE_STRIDE) {
      const row = ids.row(data[from]!);
      if (row === NONE) unknown++;
      functions[i] = row;
      lineWords[2 * i + LOW] = data[from + 1]!;
      lineWords[2 * i + HIGH] = data[from + 2]!;
      columnWords[2 * i + LOW] = data[from + 3]!;
      columnWords[2 * i + HIGH] = data[from + 4]!;
    }
    this.faults.unknownFunctions = unknown;
    return { length, function: functions, line, column };
  }

  private resolveMappings(): void {
    const { mapping } = this;
    const ids = this.mappingIds.resolve(this.mappingIdWords);
    this.faults.zeroMappingIds = ids.zeros;
    this.faults.duplicateIds += ids.duplicates;
    for (let i = 0; i < mapping.length; i++) {
      const token = mapping[i]!;
      const row = ids.row(token);
      mapping[i] = row === NONE && token !== 0 ? UNKNOWN_MAPPING : row;
      if (mapping[i] === UNKNOWN_MAPPING) this.faults.unknownMappings++;
    }
  }

  private finishStacks(): Int32Array {
    const ids = this.locationIds.resolve(this.locationIdWords);
    this.faults.zeroLocationIds = ids.zeros;
    this.faults.duplicateIds += ids.duplicates;
    const locations = scratch.stacks.toArray();
    this.faults.unknownLocations = ids.replaceTokens(locations);
    return locations;
  }

  private finishLabels(): LabelTable {
    const { data } = scratch.labels;
    const length = scratch.labels.length / LABEL_STRIDE;
    const columns = new ColumnAllocator(length, 3 * length, 0);
    const num = columns.int64(length);
    const key = columns.int32(length);
    const str = columns.int32(length);
    const numUnit = columns.int32(length);
    const numWords = wordsOf(num);
    for (let i = 0, from = 0; i < length; i++, from += LABEL_STRIDE) {
      key[i] = data[from]!;
      str[i] = data[from + 1]!;
      numWords[2 * i + LOW] = data[from + 2]!;
      numWords[2 * i + HIGH] = data[from + 3]!;
      numUnit[i] = data[from + 4]!;
    }
    return { length, key, str, num, numUnit };
  }

  private finishStrings(ownership: "copy" | "view"): StringTable {
    const { stringStart: start, stringEnd: end } = this;
    if (this.counts.strings === 0 || end[0] !== start[0]) this.faults.stringZero = 1;
    const { bytes } = this.reader;
    if (ownership === "view") return stringTable(bytes, start, end);
    // Producers write all strings side by side, so one copy from the first to the last takes little else along.
    const first = start[0]!;
    const data = new Uint8Array(end[start.length - 1]! - first);
    data.set(bytes.subarray(first, first + data.length));
    for (let i = 0; i < start.length; i++) {
      start[i]! -= first;
      end[i]! -= first;
    }
    return stringTable(data, start, end);
  }
}

/** Writes the varint that the reader read last as element `i` of a 64-bit column. */
function putWords(words: Int32Array, i: number, reader: ByteReader): void {
  words[2 * i + LOW] = reader.low;
  words[2 * i + HIGH] = reader.high;
}
