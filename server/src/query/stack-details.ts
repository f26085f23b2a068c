import {
  bigintsOf,
  type NativeColumn,
  type NativeResult,
  numbersOf,
  textAt,
} from "../store/native-reader.ts";
import { type QueryScope, runForQuery, runStatement } from "./query-scope.ts";
import { inRanges, type Steps } from "./sliced.ts";
import type { IdentifiedValues } from "./stack-values.ts";

/** A function as a profile names it. */
export interface FunctionDetail {
  readonly name: string;
  readonly systemName: string;
  readonly filename: string;
  readonly startLine: bigint;
}

/** A binary that locations belong to. */
export interface MappingDetail {
  readonly memoryStart: bigint;
  readonly memoryLimit: bigint;
  readonly fileOffset: bigint;
  readonly filename: string;
  readonly buildId: string;
  /** Bits from the lowest: has functions, filenames, line numbers, inline frames. */
  readonly flags: number;
}

/** A line of a location, the innermost first. */
export interface LineDetail {
  readonly function: FunctionDetail | undefined;
  readonly line: bigint;
  readonly column: bigint;
}

/** A place in a program with all that is known of it. */
export interface LocationDetail {
  readonly mapping: MappingDetail | undefined;
  readonly address: bigint;
  readonly folded: boolean;
  readonly lines: readonly LineDetail[];
}

/** Locations by partition and id. */
export type LocationDetails = ReadonlyMap<string, ReadonlyMap<number, LocationDetail>>;

/** Ids listed in a statement; when more are needed their partitions are read as a whole. */
const MAX_LISTED_LOCATIONS = 2000;

/** Reads the details of all locations that the stacks go through. */
export async function stackDetails(
  scope: QueryScope,
  parts: readonly IdentifiedValues[],
): Promise<LocationDetails> {
  if (parts.length === 0) return new Map();
  const needed = await runForQuery(scope, neededLocations(parts));
  let count = 0;
  for (const ids of needed.values()) count += ids.size;
  const all = `partition IN (${[...needed.keys()].join()})`;
  const places =
    count > MAX_LISTED_LOCATIONS
      ? all
      : Array.from(
          needed,
          ([partition, ids]) => `(partition = ${partition} AND id IN (${[0, ...ids].join()}))`,
        ).join(" OR ");
  const [locations, functions, mappings] = await Promise.all([
    runStatement(
      scope,
      `SELECT partition, id, mapping, address, folded, line_functions, line_numbers, line_columns FROM locations WHERE ${places}`,
    ),
    runStatement(
      scope,
      `SELECT partition, id, name, system_name, filename, start_line FROM functions WHERE ${all}`,
    ),
    runStatement(
      scope,
      `SELECT partition, id, memory_start, memory_limit, file_offset, filename, build_id, flags FROM mappings WHERE ${all}`,
    ),
  ]);
  return await runForQuery(scope, assembled(needed, { locations, functions, mappings }));
}

/** Ids of locations by partition. */
export type NeededLocations = ReadonlyMap<string, ReadonlySet<number>>;

/** Items that take longer than most, between two yields. */
const STEP_ROWS = 1024;

/** Locations of all the stacks, each once. */
function* neededLocations(parts: readonly IdentifiedValues[]): Steps<NeededLocations> {
  const needed = new Map<string, Set<number>>();
  for (const { partition, frames, stacks } of parts) {
    const seen = new Set<number>();
    const locations = new Set<number>();
    needed.set(partition, locations);
    const visit = (from: number, to: number): void => {
      for (const leaf of stacks.subarray(from, to)) {
        for (let stack = leaf; stack > 0 && !seen.has(stack); stack = frames.parentOf(stack)) {
          seen.add(stack);
          locations.add(frames.locationOf(stack));
        }
      }
    };
    yield* inRanges(stacks.length, visit, STEP_ROWS);
  }
  return needed;
}

/** Rows of the tables of symbols. */
export interface DetailRows {
  readonly locations: NativeResult;
  readonly functions: NativeResult;
  readonly mappings: NativeResult;
}

/** Puts the locations together that are needed; details that several share are one object. */
export function* assembled(needed: NeededLocations, rows: DetailRows): Steps<LocationDetails> {
  const found = new Map<string, Map<number, LocationDetail>>();
  if (rows.locations.rows === 0) return found;
  const functionOf = yield* detailsById(rows.functions, functionReader(rows.functions));
  const mappingOf = yield* detailsById(rows.mappings, mappingReader(rows.mappings));
  const partitions = bigintsOf(rows.locations, "partition");
  const ids = numbersOf(rows.locations, "id");
  const mapping = numbersOf(rows.locations, "mapping");
  const addresses = bigintsOf(rows.locations, "address");
  const folded = numbersOf(rows.locations, "folded");
  const lineFunctions = list(rows.locations.columns.get("line_functions"));
  const lineNumbers = list(rows.locations.columns.get("line_numbers"));
  const lineColumns = list(rows.locations.columns.get("line_columns"));
  const assemble = (row: number): void => {
    const partition = partitions[row]!;
    const key = String(partition);
    const id = ids[row]!;
    if (!needed.get(key)?.has(id)) return;
    const numbers = lineNumbers(row);
    const columns = lineColumns(row);
    const lines = lineFunctions(row).map((called, i) => ({
      function: functionOf(partition, Number(called)),
      line: BigInt(numbers[i] ?? 0),
      column: BigInt(columns[i] ?? 0),
    }));
    let locations = found.get(key);
    if (locations === undefined) {
      locations = new Map();
      found.set(key, locations);
    }
    locations.set(id, {
      mapping: mappingOf(partition, mapping[row]!),
      address: BigInt.asUintN(64, addresses[row]!),
      folded: folded[row] === 1,
      lines,
    });
  };
  const visit = (from: number, to: number): void => {
    for (let row = from; row < to; row++) assemble(row);
  };
  yield* inRanges(rows.locations.rows, visit, STEP_ROWS);
  return found;
}

function functionReader(rows: NativeResult): (row: number) => FunctionDetail {
  const name = textReader(rows, "name");
  const systemName = textReader(rows, "system_name");
  const filename = textReader(rows, "filename");
  const startLines = bigintsOf(rows, "start_line");
  return (row) => ({
    name: name(row),
    systemName: systemName(row),
    filename: filename(row),
    startLine: startLines[row]!,
  });
}

function mappingReader(rows: NativeResult): (row: number) => MappingDetail {
  const starts = bigintsOf(rows, "memory_start");
  const limits = bigintsOf(rows, "memory_limit");
  const offsets = bigintsOf(rows, "file_offset");
  const filename = textReader(rows, "filename");
  const buildId = textReader(rows, "build_id");
  const flags = numbersOf(rows, "flags");
  return (row) => ({
    memoryStart: starts[row]!,
    memoryLimit: limits[row]!,
    fileOffset: offsets[row]!,
    filename: filename(row),
    buildId: buildId(row),
    flags: flags[row]!,
  });
}

/** Finds details by partition and id; a row is read when it is first asked for. */
function* detailsById<T>(
  rows: NativeResult,
  read: (row: number) => T,
): Steps<(partition: bigint, id: number) => T | undefined> {
  const rowOf = new Map<bigint, Map<number, number>>();
  const partitions = bigintsOf(rows, "partition");
  const ids = numbersOf(rows, "id");
  yield* inRanges(rows.rows, (from, to) => {
    for (let row = from; row < to; row++) {
      let own = rowOf.get(partitions[row]!);
      if (own === undefined) {
        own = new Map();
        rowOf.set(partitions[row]!, own);
      }
      own.set(ids[row]!, row);
    }
  });
  const known: T[] = [];
  return (partition, id) => {
    const row = rowOf.get(partition)?.get(id);
    if (row === undefined) return undefined;
    known[row] ??= read(row);
    return known[row];
  };
}

function textReader(rows: NativeResult, name: string): (row: number) => string {
  const column = rows.columns.get(name);
  if (column === undefined && rows.rows === 0) return () => "";
  if (column?.kind !== "text") throw new Error(`${name} is no column of texts`);
  return (row) => textAt(column, row);
}

/** The items of each row of a list column. */
function list(column: NativeColumn | undefined): (row: number) => (number | bigint)[] {
  if (column?.kind !== "list") throw new Error("not a list");
  const { items, start } = column;
  if (items.kind !== "number" && items.kind !== "bigint") throw new Error("not a list of numbers");
  const values: ArrayLike<number | bigint> = items.values;
  return (row) =>
    Array.from({ length: start[row + 1]! - start[row]! }, (_, i) => values[start[row]! + i]!);
}
