import { NONE, type Profile } from "@pyrospan/pprof";
import type { SampleTypeConfig } from "./ingester.ts";
import { replaceStrings } from "./validate-profile.ts";

/** What `/ingest` knows about the sender of a pprof. */
export interface Sender {
  readonly spyName: string;
  readonly sampleTypeConfig: SampleTypeConfig | undefined;
  /** `from` of the request. */
  readonly fromNanos: bigint;
}

/** Mends what agents that post to `/ingest` are known to send: times, function names, ids. */
export function mendAgentProfile(profile: Profile, sender: Sender): Profile {
  let mended = profile;
  if (mended.timeNanos >= 0n && mended.timeNanos < YEAR_1971_NANOS) {
    mended = { ...mended, timeNanos: sender.fromNanos };
  }
  if (["pyspy", "rbspy", "scripting"].includes(sender.spyName)) {
    mended = nameFunctionsByFile(mended, { skipAbsolute: sender.spyName === "pyspy" });
  }
  if (isDotnet(sender)) mended = underscoreSampleTypes(repairFunctionIds(mended));
  return mended;
}

/** The first part of the profile type id, which `/ingest` clients do not send: it follows from the sample types. */
export function profileNameOf(profile: Profile, config: SampleTypeConfig | undefined): string {
  const { strings, sampleTypes } = profile;
  const types = Array.from(sampleTypes.type, (type) => strings.get(type));
  if (types.includes("wall")) return "wall";
  const names = types.map((type) => displayName(type, config));
  for (const name of names) {
    if (name.includes("cpu")) return "process_cpu";
    if (
      name.includes("alloc_") ||
      name.includes("inuse_") ||
      name === "space" ||
      name === "objects"
    ) {
      return "memory";
    }
    if (name.includes("mutex_")) return "mutex";
    if (name.includes("block_")) return "block";
    if (name.includes("goroutines")) return "goroutines";
  }
  return names.at(-1) ?? "";
}

const YEAR_1971_NANOS = 31_536_000_000_000_000n;

/** Used where the request has no configuration of its own. */
const defaultDisplayNames: ReadonlyMap<string, string> = new Map([
  ["samples", "cpu"],
  ["goroutine", "goroutines"],
  ["contentions", "mutex_count"],
  ["delay", "mutex_duration"],
]);

function displayName(type: string, config: SampleTypeConfig | undefined): string {
  const given =
    config === undefined ? defaultDisplayNames.get(type) : config[type]?.["display-name"];
  return given === undefined || given === "" ? type : given;
}

function isDotnet({ spyName, sampleTypeConfig }: Sender): boolean {
  return (
    spyName === "dotnetspy" ||
    (spyName === "unknown" && sampleTypeConfig?.["inuse-space"] !== undefined)
  );
}

/** Interpreters' agents tell files apart only by the file name: it becomes part of the function's name. */
function nameFunctionsByFile(
  profile: Profile,
  { skipAbsolute }: { skipAbsolute: boolean },
): Profile {
  const { strings, functions, lines } = profile;
  const name = functions.name.slice();
  const used = new Set(lines.function);
  const added = new AddedStrings(strings);
  for (let i = 0; i < functions.length; i++) {
    const file = strings.get(functions.filename[i]!);
    if (!used.has(i) || (skipAbsolute && file.startsWith("/"))) continue;
    name[i] = added.push(`${file} ${strings.get(name[i]!)}`);
  }
  if (added.isEmpty) return profile;
  return {
    ...profile,
    strings: added.finish(),
    functions: { ...functions, name },
  };
}

/**
 * Older .NET agents give all functions the id 0, one function for each location in the same order, each location with
 * one line: the id of the location was meant.
 */
function repairFunctionIds(profile: Profile): Profile {
  const { functions, locations, lines, faults } = profile;
  const count = functions.length;
  if (count === 0 || faults.zeroFunctionIds !== count || locations.length !== count) return profile;
  const fn = lines.function.slice();
  let unknown = 0;
  for (let location = 0; location < count; location++) {
    for (
      let line = locations.lineStart[location]!;
      line < locations.lineStart[location + 1]!;
      line++
    ) {
      if (fn[line] === NONE) fn[line] = location;
      if (fn[line] === NONE) unknown++;
    }
  }
  return {
    ...profile,
    functions: { ...functions, id: locations.id },
    lines: { ...lines, function: fn },
    faults: { ...faults, zeroFunctionIds: 0, unknownFunctions: unknown },
  };
}

/** `inuse-space` becomes `inuse_space`: a dash would break the profile type id. */
function underscoreSampleTypes(profile: Profile): Profile {
  const { strings, sampleTypes } = profile;
  const type = sampleTypes.type.slice();
  const added = new AddedStrings(strings);
  for (let t = 0; t < type.length; t++) {
    const name = strings.get(type[t]!);
    if (!name.includes("-")) continue;
    type[t] = added.push(name.replaceAll("-", "_"));
  }
  if (added.isEmpty) return profile;
  return {
    ...profile,
    strings: added.finish(),
    sampleTypes: { ...sampleTypes, type },
  };
}

/** A string table with texts added behind those it has. */
class AddedStrings {
  private readonly start: number[];
  private readonly end: number[];
  private readonly chunks: Uint8Array[];
  private length: number;

  constructor({ data, start, end }: Profile["strings"]) {
    this.start = [...start];
    this.end = [...end];
    this.chunks = [data];
    this.length = data.length;
  }

  get isEmpty(): boolean {
    return this.chunks.length === 1;
  }

  /** Index of the text. */
  push(text: string): number {
    const bytes = Buffer.from(text);
    this.chunks.push(bytes);
    this.start.push(this.length);
    this.length += bytes.length;
    return this.end.push(this.length) - 1;
  }

  finish(): Profile["strings"] {
    const data = Buffer.concat(this.chunks);
    return replaceStrings(data, Int32Array.from(this.start), Int32Array.from(this.end));
  }
}
