import { HIGH, LOW, wordsOf } from "../bytes/int64.ts";
import type { LabelTable, SampleTable } from "../profile.ts";
import { NONE } from "../profile.ts";
import type { FieldReader } from "./field-reader.ts";
import type { IdResolver, ResolvedIds } from "./ids.ts";
import { checkCount } from "./scan.ts";
import { scratch } from "./scratch.ts";

/** Words of a label in its list: key, text, number (low, high), unit. */
const LABEL_STRIDE = 5;

/** Reads samples with their stacks, values and labels. */
export class SampleDecoder {
  private readonly fields: FieldReader;
  private readonly locationIds: IdResolver;
  private readonly length: number;
  private readonly sampleTypes: number;
  private readonly values: BigInt64Array;
  private readonly valueWords: Int32Array;
  private readonly locationStart: Int32Array;
  private readonly labelStart: Int32Array;
  private valueCount: Int32Array | undefined;

  constructor(fields: FieldReader, locationIds: IdResolver, length: number, sampleTypes: number) {
    this.fields = fields;
    this.locationIds = locationIds;
    this.length = length;
    this.sampleTypes = sampleTypes;
    const columns = fields.columns(length * sampleTypes, 2 * (length + 1), 0);
    this.values = columns.int64(length * sampleTypes);
    this.valueWords = wordsOf(this.values);
    this.locationStart = columns.int32(length + 1);
    this.labelStart = columns.int32(length + 1);
  }

  read(row: number): void {
    const { fields, sampleTypes } = this;
    const { reader, limits } = fields;
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
          stacks.push(fields.token(this.locationIds));
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
          fields.skipUnknown(tag, 3);
      }
    }
    reader.end = outer;
    const depth = stacks.length - stackBefore;
    if (depth > limits.maxStackDepth) {
      checkCount("locations in a stack", "maxStackDepth", limits, depth, start);
    }
    const labelCount = (labels.length - labelsBefore) / LABEL_STRIDE;
    if (labelCount > limits.maxSampleLabels) {
      checkCount("labels on a sample", "maxSampleLabels", limits, labelCount, start);
    }
    this.locationStart[row + 1] = stacks.length;
    this.labelStart[row + 1] = labels.length / LABEL_STRIDE;
    if (values !== sampleTypes) {
      fields.faults.valueCounts++;
      this.valueCount ??= new Int32Array(this.length).fill(sampleTypes);
      this.valueCount[row] = values;
    }
  }

  /** The table, once all locations are known. */
  finish(ids: ResolvedIds): SampleTable {
    const { data, length: count } = scratch.stacks;
    const locations = this.fields.columns(0, count, 0).int32(count);
    locations.set(data.subarray(0, count));
    this.fields.faults.unknownLocations = ids.replaceTokens(locations);
    const { length, locationStart, values, labelStart, valueCount } = this;
    return { length, locationStart, locations, values, labelStart, valueCount };
  }

  finishLabels(): LabelTable {
    const { data } = scratch.labels;
    const length = scratch.labels.length / LABEL_STRIDE;
    const columns = this.fields.columns(length, 3 * length, 0);
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

  /** A packed stack. One- and two-byte ids, nearly all there are, are read in place. */
  private readStack(): void {
    const { reader } = this.fields;
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
      data[length++] = this.fields.token(this.locationIds);
      pos = reader.pos;
    }
    stacks.length = length;
    reader.pos = pos;
    reader.end = outer;
  }

  /** Values beyond the sample types are read past; {@link SampleTable.valueCount} tells of them. */
  private readValue(row: number, column: number): void {
    if (column < this.sampleTypes) {
      this.fields.wordsInto(this.valueWords, row * this.sampleTypes + column);
    } else this.fields.reader.varint64();
  }

  private readLabel(): void {
    const { fields } = this;
    const { reader, faults } = fields;
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
          key = fields.stringIndex();
          break;
        case 0x10:
          str = fields.stringIndex();
          break;
        case 0x18:
          reader.varint64();
          low = reader.low;
          high = reader.high;
          break;
        case 0x20:
          unit = fields.stringIndex();
          break;
        default:
          fields.skipUnknown(tag, 4);
      }
    }
    reader.end = outer;
    if (key === NONE || str === NONE) faults.labelStrings++;
    if (unit === NONE) faults.otherStrings++;
    labels.reserve(LABEL_STRIDE);
    const { data, length } = labels;
    data[length] = key;
    data[length + 1] = str;
    data[length + 2] = low;
    data[length + 3] = high;
    data[length + 4] = unit;
    labels.length = length + LABEL_STRIDE;
  }
}
