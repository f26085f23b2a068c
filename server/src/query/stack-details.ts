import {
  bigintsOf,
  type NativeColumn,
  type NativeResult,
  numbersOf,
  textsOf,
} from "../store/native-reader.ts";
import { type QueryScope, runStatement } from "./query-scope.ts";
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
const MAX_LISTED_IDS = 2000;

/** Reads the details of all locations that the stacks go through. */
export async function stackDetails(
  scope: QueryScope,
  parts: readonly IdentifiedValues[],
): Promise<LocationDetails> {
  if (parts.length === 0) return new Map();
  const needed = parts.map((part) => [...locationsOf(part)]);
  const count = needed.reduce((sum, ids) => sum + ids.length, 0);
  const all = `partition IN (${parts.map((part) => part.partition).join()})`;
  const places =
    count > MAX_LISTED_IDS
      ? all
      : parts
          .map(
            (part, i) => `(partition = ${part.partition} AND id IN (${[0, ...needed[i]!].join()}))`,
          )
          .join(" OR ");
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
  return assemble(locations, functionsOf(functions), mappingsOf(mappings));
}

/** Locations of all the stacks, each once. */
function locationsOf({ frames, stacks }: IdentifiedValues): Set<number> {
  const seen = new Set<number>();
  const locations = new Set<number>();
  for (const leaf of stacks) {
    for (let stack = leaf; stack > 0 && !seen.has(stack); stack = frames.parentOf(stack)) {
      seen.add(stack);
      locations.add(frames.locationOf(stack));
    }
  }
  return locations;
}

function functionsOf(rows: NativeResult): Map<string, FunctionDetail> {
  const key = rowKeys(rows);
  const names = textsOf(rows, "name");
  const systemNames = textsOf(rows, "system_name");
  const filenames = textsOf(rows, "filename");
  const startLines = bigintsOf(rows, "start_line");
  return new Map(
    names.map((name, row) => [
      key(row),
      {
        name,
        systemName: systemNames[row]!,
        filename: filenames[row]!,
        startLine: startLines[row]!,
      },
    ]),
  );
}

function mappingsOf(rows: NativeResult): Map<string, MappingDetail> {
  const key = rowKeys(rows);
  const starts = bigintsOf(rows, "memory_start");
  const limits = bigintsOf(rows, "memory_limit");
  const offsets = bigintsOf(rows, "file_offset");
  const buildIds = textsOf(rows, "build_id");
  const flags = numbersOf(rows, "flags");
  return new Map(
    textsOf(rows, "filename").map((filename, row) => [
      key(row),
      {
        memoryStart: starts[row]!,
        memoryLimit: limits[row]!,
        fileOffset: offsets[row]!,
        filename,
        buildId: buildIds[row]!,
        flags: flags[row]!,
      },
    ]),
  );
}

function assemble(
  rows: NativeResult,
  functions: ReadonlyMap<string, FunctionDetail>,
  mappings: ReadonlyMap<string, MappingDetail>,
): Map<string, Map<number, LocationDetail>> {
  const found = new Map<string, Map<number, LocationDetail>>();
  if (rows.rows === 0) return found;
  const partitions = bigintsOf(rows, "partition");
  const ids = numbersOf(rows, "id");
  const mapping = numbersOf(rows, "mapping");
  const addresses = bigintsOf(rows, "address");
  const folded = numbersOf(rows, "folded");
  const lineFunctions = list(rows.columns.get("line_functions"));
  const lineNumbers = list(rows.columns.get("line_numbers"));
  const lineColumns = list(rows.columns.get("line_columns"));
  for (let row = 0; row < rows.rows; row++) {
    const partition = String(partitions[row]);
    const numbers = lineNumbers(row);
    const columns = lineColumns(row);
    const lines = lineFunctions(row).map((id, i) => ({
      function: functions.get(`${partition}:${id}`),
      line: BigInt(numbers[i] ?? 0),
      column: BigInt(columns[i] ?? 0),
    }));
    let locations = found.get(partition);
    if (locations === undefined) {
      locations = new Map();
      found.set(partition, locations);
    }
    locations.set(ids[row]!, {
      mapping: mappings.get(`${partition}:${mapping[row]}`),
      address: BigInt.asUintN(64, addresses[row]!),
      folded: folded[row] === 1,
      lines,
    });
  }
  return found;
}

function rowKeys(rows: NativeResult): (row: number) => string {
  const partitions = bigintsOf(rows, "partition");
  const ids = numbersOf(rows, "id");
  return (row) => `${partitions[row]}:${ids[row]}`;
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
