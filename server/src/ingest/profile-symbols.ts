import { isUtf8 } from "node:buffer";
import { NONE, type Profile, UNKNOWN_MAPPING } from "@pyrospan/pprof";
import { ColumnAllocator, type ColumnMemory, wordsOf } from "@pyrospan/pprof/bytes";
import { hashBytes, hashWords, lanes } from "./hash64.ts";
import type { SymbolPartition } from "./symbol-partition.ts";
import type { KeyRows, SymbolRows } from "./symbol-rows.ts";

/** Answer of {@link ProfileSymbols.stackOf} for a stack that cannot be stored. */
export const BAD_STACK = -1;

/**
 * Finds or makes the numbers of one profile's symbols in a partition; new ones become rows.
 *
 * Follows the original's normalisation: where a mapping has functions its addresses are dropped, so that places are
 * told apart by their lines alone. Places with neither lines nor address, of an unknown mapping or with an unknown
 * function do not count, and a stack with one of them neither.
 */
export class ProfileSymbols {
  private readonly profile: Profile;
  private readonly partition: SymbolPartition;
  private readonly rows: SymbolRows;
  private readonly buildIdOf: (buildId: string) => string;
  /** Numbers by index in the profile, 0 = not looked up yet. */
  private readonly strings: Int32Array;
  private readonly functions: Int32Array;
  private readonly mappings: Int32Array;
  private readonly locations: Int32Array;
  private readonly text: DataView;
  private readonly address: Int32Array;
  private readonly line: Int32Array;
  private readonly column: Int32Array;
  private readonly startLine: Int32Array;
  private stubMapping = 0;

  /** `buildIdOf` gives the build id to store for that of the profile. */
  constructor(
    profile: Profile,
    partition: SymbolPartition,
    rows: SymbolRows,
    buildIdOf: (buildId: string) => string,
    memory?: ColumnMemory,
  ) {
    this.profile = profile;
    this.partition = partition;
    this.rows = rows;
    this.buildIdOf = buildIdOf;
    const { strings, functions, mappings, locations } = profile;
    const count = strings.length + functions.length + mappings.length + locations.length;
    const numbers = new ColumnAllocator(0, count, 0, memory);
    this.strings = numbers.int32(strings.length);
    this.functions = numbers.int32(functions.length);
    this.mappings = numbers.int32(mappings.length);
    this.locations = numbers.int32(locations.length);
    const { data } = profile.strings;
    this.text = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.address = wordsOf(profile.locations.address);
    this.line = wordsOf(profile.lines.line);
    this.column = wordsOf(profile.lines.column);
    this.startLine = wordsOf(profile.functions.startLine);
  }

  /** Index of the first string that is not UTF-8, -1 when all are. Numbers the strings on the way. */
  numberStrings(): number {
    const { data, start, end, length } = this.profile.strings;
    const known = this.partition.strings;
    for (let i = 0; i < length; i++) {
      const from = start[i]!;
      const to = end[i]!;
      const ascii = hashBytes(this.text, data, from, to);
      const low = lanes[0]!;
      const high = lanes[1]!;
      if (!ascii && !isUtf8(data.subarray(from, to))) return i;
      let id = known.get(low, high);
      if (id === 0) {
        id = known.size + 1;
        known.add(low, high, id);
      }
      this.strings[i] = id;
    }
    return -1;
  }

  /** The node of a sample's stack: 0 for an empty one, {@link BAD_STACK} for one that does not count. Above `maxDepth` frames the leaf side is cut. */
  stackOf(sample: number, maxDepth: number): number {
    const { locations, locationStart } = this.profile.samples;
    const end = locationStart[sample + 1]!;
    let start = locationStart[sample]!;
    if (maxDepth > 0 && end - start > maxDepth) start = end - maxDepth;
    const depth = end - start;
    if (depth === 0) return 0;
    if (scratch.length < depth) scratch = new Int32Array(depth * 2);
    for (let i = 0; i < depth; i++) {
      const location = locations[start + i]!;
      if (location === NONE) return BAD_STACK;
      let id = this.locations[location]!;
      if (id === 0) id = this.numberLocation(location);
      if (id === BAD_STACK) return BAD_STACK;
      scratch[i] = id;
    }
    hashWords(scratch, 0, depth);
    const low = lanes[0]!;
    const high = lanes[1]!;
    let node = this.partition.stacks.get(low, high);
    if (node !== 0) return node;
    for (let i = depth - 1; i >= 0; i--) node = this.childOf(node, scratch[i]!);
    this.partition.stacks.add(low, high, node);
    return node;
  }

  private childOf(parent: number, location: number): number {
    const { nodes } = this.partition;
    let node = nodes.get(parent, location);
    if (node !== 0) return node;
    node = nodes.size + 1;
    nodes.add(parent, location, node);
    const { stacks } = this.rows;
    this.pushKey(stacks, node);
    stacks.parent.push(parent);
    stacks.location.push(location);
    return node;
  }

  private numberLocation(location: number): number {
    const id = this.findLocation(location);
    this.locations[location] = id;
    return id;
  }

  private findLocation(index: number): number {
    const { locations, lines, mappings } = this.profile;
    const from = locations.lineStart[index]!;
    const to = locations.lineStart[index + 1]!;
    const mapping = locations.mapping[index]!;
    let addressLow = this.address[index * 2]!;
    let addressHigh = this.address[index * 2 + 1]!;
    if (mapping === UNKNOWN_MAPPING) return BAD_STACK;
    if (from === to && addressLow === 0 && addressHigh === 0) return BAD_STACK;
    if (mapping !== NONE && mappings.hasFunctions[mapping] === 1) {
      addressLow = 0;
      addressHigh = 0;
    }
    const mappingId = this.numberMapping(mapping);
    const folded = locations.folded[index]!;
    if (locationKey.length < 4 + (to - from) * 5) locationKey = new Int32Array((to - from) * 10);
    const key = locationKey;
    key[0] = mappingId;
    key[1] = addressLow;
    key[2] = addressHigh;
    key[3] = folded;
    const { line, column } = this;
    let at = 4;
    for (let i = from; i < to; i++) {
      const fn = lines.function[i]!;
      if (fn === NONE) return BAD_STACK;
      key[at++] = this.numberFunction(fn);
      key[at++] = line[i * 2]!;
      key[at++] = line[i * 2 + 1]!;
      key[at++] = column[i * 2]!;
      key[at++] = column[i * 2 + 1]!;
    }
    hashWords(key, 0, at);
    const low = lanes[0]!;
    const high = lanes[1]!;
    const known = this.partition.locations;
    let id = known.get(low, high);
    if (id !== 0) return id;
    id = known.size + 1;
    known.add(low, high, id);
    const rows = this.rows.locations;
    this.pushKey(rows, id);
    rows.mapping.push(mappingId);
    rows.address.push(addressLow, addressHigh);
    rows.folded.push(folded);
    let columns = 0;
    for (let k = 4; k < at; k += 5) {
      rows.line_functions.items.push(key[k]!);
      rows.line_numbers.items.push(key[k + 1]!, key[k + 2]!);
      columns |= key[k + 3]! | key[k + 4]!;
    }
    for (let k = 4; k < at && columns !== 0; k += 5) {
      rows.line_columns.items.push(key[k + 3]!, key[k + 4]!);
    }
    rows.line_functions.endRow();
    rows.line_numbers.endRow();
    rows.line_columns.endRow();
    return id;
  }

  private numberFunction(index: number): number {
    let id = this.functions[index]!;
    if (id !== 0) return id;
    const { functions, strings } = this.profile;
    const { startLine } = this;
    functionKey[0] = this.strings[functions.name[index]!]!;
    functionKey[1] = this.strings[functions.systemName[index]!]!;
    functionKey[2] = this.strings[functions.filename[index]!]!;
    functionKey[3] = startLine[index * 2]!;
    functionKey[4] = startLine[index * 2 + 1]!;
    hashWords(functionKey, 0, 5);
    const low = lanes[0]!;
    const high = lanes[1]!;
    const known = this.partition.functions;
    id = known.get(low, high);
    if (id === 0) {
      id = known.size + 1;
      known.add(low, high, id);
      const rows = this.rows.functions;
      this.pushKey(rows, id);
      rows.name.push(strings.bytes(functions.name[index]!));
      rows.system_name.push(strings.bytes(functions.systemName[index]!));
      rows.filename.push(strings.bytes(functions.filename[index]!));
      rows.start_line.push(startLine[index * 2]!, startLine[index * 2 + 1]!);
    }
    this.functions[index] = id;
    return id;
  }

  /** {@link NONE} gets an empty mapping of its own. */
  private numberMapping(index: number): number {
    const cached = index === NONE ? this.stubMapping : this.mappings[index]!;
    if (cached !== 0) return cached;
    const { mappings, strings } = this.profile;
    const known = index !== NONE;
    const flags = known
      ? mappings.hasFunctions[index]! |
        (mappings.hasFilenames[index]! << 1) |
        (mappings.hasLineNumbers[index]! << 2) |
        (mappings.hasInlineFrames[index]! << 3)
      : 0;
    const addressed = known && (flags & 1) === 0;
    const start = addressed ? mappings.start[index]! : 0n;
    const limit = addressed ? mappings.limit[index]! : 0n;
    const offset = addressed ? mappings.offset[index]! : 0n;
    const filename = known ? strings.get(mappings.filename[index]!) : "";
    const buildId = this.buildIdOf(known ? strings.get(mappings.buildId[index]!) : "");
    const key = `${start} ${limit} ${offset} ${flags} ${filename.length} ${filename}${buildId}`;
    let id = this.partition.mappings.get(key);
    if (id === undefined) {
      id = this.partition.addMapping(key);
      const rows = this.rows.mappings;
      this.pushKey(rows, id);
      rows.memory_start.pushBigint(start);
      rows.memory_limit.pushBigint(limit);
      rows.file_offset.pushBigint(offset);
      rows.filename.pushText(filename);
      rows.build_id.pushText(buildId);
      rows.flags.push(flags);
    }
    if (known) this.mappings[index] = id;
    else this.stubMapping = id;
    return id;
  }

  private pushKey(rows: KeyRows, id: number): void {
    rows.day.push(this.partition.day);
    rows.partition.push(this.partition.idLow, this.partition.idHigh);
    rows.id.push(id);
  }
}

let scratch = new Int32Array(1024);
let locationKey = new Int32Array(256);
const functionKey = new Int32Array(5);
