import { NONE, type Profile } from "@pyrospan/pprof";
import { int64At, wordsOf } from "@pyrospan/pprof/bytes";
import type { Profile as GeneratedProfile } from "@pyrospan/wire";
import type { Profile as FormatProfile } from "pprof-format";

/**
 * The same use of a decoded profile three times: value of the last sample type by leaf function name and span id.
 * Everything a consumer has to resolve (ids, strings, labels, 64-bit values) is resolved.
 */
export function readOurs({
  samples,
  sampleTypes,
  labels,
  locations,
  lines,
  functions,
  strings,
}: Profile) {
  const totals = new Map<string, number>();
  const values = wordsOf(samples.values);
  const names = new Map<number, string>();
  const text = (index: number) => {
    let found = names.get(index);
    if (found === undefined) {
      found = strings.get(index);
      names.set(index, found);
    }
    return found;
  };
  for (let row = 0; row < samples.length; row++) {
    const leaf = samples.locations[samples.locationStart[row]!] ?? NONE;
    const line = leaf === NONE ? 0 : locations.lineStart[leaf]!;
    const hasLine = leaf !== NONE && line < locations.lineStart[leaf + 1]!;
    const callee = hasLine ? lines.function[line]! : NONE;
    let key = callee === NONE ? "" : text(functions.name[callee]!);
    for (let i = samples.labelStart[row]!; i < samples.labelStart[row + 1]!; i++) {
      if (text(labels.key[i]!) === "span_id") key += text(labels.str[i]!);
    }
    const cell = (row + 1) * sampleTypes.length - 1;
    totals.set(key, (totals.get(key) ?? 0) + int64At(values, cell));
  }
  return totals;
}

export function readPprofFormat(profile: FormatProfile) {
  return readObjects(profile, profile.stringTable.strings);
}

export function readGenerated(profile: GeneratedProfile) {
  return readObjects(profile, profile.stringTable);
}

type Numeric = number | bigint;

interface ProfileObjects {
  readonly sample: readonly {
    readonly locationId: readonly Numeric[];
    readonly value: readonly Numeric[];
    readonly label: readonly { readonly key: Numeric; readonly str: Numeric }[];
  }[];
  readonly location: readonly {
    readonly id: Numeric;
    readonly line: readonly { readonly functionId: Numeric }[];
  }[];
  readonly function: readonly { readonly id: Numeric; readonly name: Numeric }[];
}

function readObjects(profile: ProfileObjects, strings: readonly string[]): Map<string, number> {
  const totals = new Map<string, number>();
  const functions = new Map(profile.function.map((row) => [Number(row.id), row]));
  const locations = new Map(profile.location.map((row) => [Number(row.id), row]));
  for (const { locationId, value, label } of profile.sample) {
    const leaf = locations.get(Number(locationId[0] ?? 0));
    const callee = functions.get(Number(leaf?.line[0]?.functionId ?? 0));
    let key = callee === undefined ? "" : strings[Number(callee.name)]!;
    for (const { key: name, str } of label) {
      if (strings[Number(name)] === "span_id") key += strings[Number(str)]!;
    }
    totals.set(key, (totals.get(key) ?? 0) + Number(value.at(-1) ?? 0));
  }
  return totals;
}
