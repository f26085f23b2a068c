import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ProfileSchema } from "@pyrospan/wire";
import type { ProfileTypeParts } from "./profile-type.ts";
import { OTHER_LOCATION, type StackShape, shapedStack } from "./shaped-stack.ts";
import { STEP_ITEMS, type Steps } from "./sliced.ts";
import type {
  FunctionDetail,
  LocationDetail,
  LocationDetails,
  MappingDetail,
} from "./stack-details.ts";
import type { IdentifiedValues } from "./stack-values.ts";
import { saturate } from "./values.ts";

/** A message of `google.v1.Profile`. */
export type PprofMessage = MessageInitShape<typeof ProfileSchema>;

/** What to make of the stacks. */
export interface PprofOptions extends StackShape {
  readonly type: ProfileTypeParts;
  /** Milliseconds since 1970: becomes the time of the profile. */
  readonly endMs: number;
}

/** Stacks with their values as one merged profile. */
export function* pprofAnswer(
  parts: readonly IdentifiedValues[],
  details: LocationDetails,
  options: PprofOptions,
): Steps<PprofMessage> {
  const tables = new PprofTables();
  const samples: { readonly locationId: bigint[]; readonly value: [bigint] }[] = [];
  const sampleOf = new Map<string, [value: bigint]>();
  let visited = 0;
  for (const part of parts) {
    const locations = details.get(part.partition) ?? new Map<number, LocationDetail>();
    for (let i = 0; i < part.stacks.length; i++) {
      const places: LocationDetail[] = [];
      for (let stack = part.stacks[i]!; stack > 0; stack = part.frames.parentOf(stack)) {
        const place = locations.get(part.frames.locationOf(stack));
        if (place !== undefined) places.push(place);
      }
      const ids = shapedStack(places, options).map((place) => tables.location(place));
      const key = ids.join();
      const known = sampleOf.get(key);
      if (known === undefined) {
        const value: [bigint] = [part.values[i]!];
        samples.push({ locationId: ids, value });
        sampleOf.set(key, value);
      } else known[0] = saturate(known[0] + part.values[i]!);
      visited += places.length;
      if (visited >= STEP_ITEMS / 8) {
        visited = 0;
        yield;
      }
    }
  }
  if (samples.length === 0) return {};
  tables.finish();
  const { type } = options;
  const sampleType = { type: tables.text(type.sampleType), unit: tables.text(type.sampleUnit) };
  return {
    sampleType: [sampleType],
    sample: samples,
    mapping: tables.mappings,
    location: tables.locations,
    function: tables.functions,
    periodType: { type: tables.text(type.periodType), unit: tables.text(type.periodUnit) },
    period: periodOf(type.name),
    timeNanos: BigInt(Math.trunc(options.endMs)) * 1_000_000n,
    defaultSampleType: sampleType.type,
    stringTable: tables.strings,
  };
}

function periodOf(name: string): bigint {
  return name === "process_cpu" ? 1_000_000_000n : name === "memory" ? 524_288n : 1n;
}

/** Tables of a profile under construction: equal rows are one, ids count from 1. */
class PprofTables {
  readonly strings: string[] = [""];
  readonly mappings: object[] = [];
  readonly locations: { mappingId?: bigint }[] = [];
  readonly functions: object[] = [];
  private readonly stringIds = new Map<string, bigint>([["", 0n]]);
  private readonly rowIds = new Map<string, bigint>();
  /** Rows come as the same objects again and again. */
  private readonly known = new Map<object, bigint>();

  text(text: string): bigint {
    let id = this.stringIds.get(text);
    if (id === undefined) {
      id = BigInt(this.strings.push(text) - 1);
      this.stringIds.set(text, id);
    }
    return id;
  }

  /** The rest of cut stacks counts as code of the first binary: viewers expect a mapping everywhere. */
  finish(): void {
    const other = this.known.get(OTHER_LOCATION);
    if (other === undefined) return;
    if (this.mappings.length === 0) this.mappings.push({ id: 1n });
    this.locations[Number(other) - 1]!.mappingId = 1n;
  }

  location(detail: LocationDetail): bigint {
    return this.row(detail, this.locations, () => ({
      mappingId: detail.mapping === undefined ? 0n : this.mapping(detail.mapping),
      address: detail.address,
      isFolded: detail.folded,
      line: detail.lines.map(({ function: called, line, column }) => ({
        functionId: called === undefined ? 0n : this.function(called),
        line,
        column,
      })),
    }));
  }

  private function(detail: FunctionDetail): bigint {
    return this.row(detail, this.functions, () => ({
      name: this.text(detail.name),
      systemName: this.text(detail.systemName),
      filename: this.text(detail.filename),
      startLine: detail.startLine,
    }));
  }

  private mapping(detail: MappingDetail): bigint {
    return this.row(detail, this.mappings, () => ({
      memoryStart: detail.memoryStart,
      memoryLimit: detail.memoryLimit,
      fileOffset: detail.fileOffset,
      filename: this.text(detail.filename),
      buildId: this.text(detail.buildId),
      hasFunctions: (detail.flags & 1) !== 0,
      hasFilenames: (detail.flags & 2) !== 0,
      hasLineNumbers: (detail.flags & 4) !== 0,
      hasInlineFrames: (detail.flags & 8) !== 0,
    }));
  }

  private row(detail: object, table: object[], make: () => object): bigint {
    const known = this.known.get(detail);
    if (known !== undefined) return known;
    const row = make();
    const kind = table === this.locations ? "l" : table === this.functions ? "f" : "m";
    const key =
      kind + JSON.stringify(row, (_, value) => (typeof value === "bigint" ? `${value}` : value));
    let id = this.rowIds.get(key);
    if (id === undefined) {
      id = BigInt(table.push({ id: BigInt(table.length + 1), ...row }));
      this.rowIds.set(key, id);
    }
    this.known.set(detail, id);
    return id;
  }
}
