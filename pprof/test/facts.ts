import { NONE, type Profile } from "../src/index.ts";

/**
 * Name of the function that a stack ends in: its innermost line, or the address where there is none. A stack of lines
 * without functions is named as the expected facts name it.
 */
export function leafName({ samples, locations, lines, functions, strings }: Profile, row: number) {
  const leaf = samples.locations[samples.locationStart[row]!]!;
  if (leaf === NONE) return "?";
  const line = locations.lineStart[leaf]!;
  if (line === locations.lineStart[leaf + 1]!) return `0x${locations.address[leaf]!.toString(16)}`;
  const callee = lines.function[line]!;
  if (callee === NONE) return "<no frames>";
  const name = strings.get(functions.name[callee]!);
  return name === "" ? `0x${locations.address[leaf]!.toString(16)}` : name;
}

/** Sum, counts and the five functions with most self value of each sample type. */
export function sampleTypeFacts(profile: Profile) {
  const { sampleTypes, samples, strings } = profile;
  return Array.from({ length: sampleTypes.length }, (_, column) => {
    let sum = 0n;
    let nonzero = 0;
    let negative = 0;
    const self = new Map<string, bigint>();
    for (let row = 0; row < samples.length; row++) {
      const value = samples.values[row * sampleTypes.length + column]!;
      sum += value;
      if (value !== 0n) nonzero++;
      if (value < 0n) negative++;
      if (samples.locationStart[row] === samples.locationStart[row + 1]) continue;
      if (value === 0n) continue;
      const name = leafName(profile, row);
      self.set(name, (self.get(name) ?? 0n) + value);
    }
    const top = [...self].sort(([a, x], [b, y]) => (x === y ? (a < b ? -1 : 1) : x < y ? 1 : -1));
    return {
      type: strings.get(sampleTypes.type[column]!),
      unit: strings.get(sampleTypes.unit[column]!),
      sum: `${sum}`,
      nonzero_samples: nonzero,
      negative_samples: negative,
      top5_self: top.slice(0, 5).map(([name, value]) => ({ function: name, value: `${value}` })),
    };
  });
}

/** Least and greatest depth of the stacks, in locations and in lines. */
export function depthFacts({ samples, locations }: Profile) {
  const byLocation: number[] = [];
  const byLine: number[] = [];
  for (let row = 0; row < samples.length; row++) {
    let frames = 0;
    for (let i = samples.locationStart[row]!; i < samples.locationStart[row + 1]!; i++) {
      const location = samples.locations[i]!;
      const lines = locations.lineStart[location + 1]! - locations.lineStart[location]!;
      frames += Math.max(1, lines);
    }
    byLocation.push(samples.locationStart[row + 1]! - samples.locationStart[row]!);
    byLine.push(frames);
  }
  const range = (depths: number[]) => ({ min: Math.min(...depths), max: Math.max(...depths) });
  return { locations: range(byLocation), lines: range(byLine) };
}

/** How often each label occurs and with how many values. */
export function labelFacts({ labels, strings }: Profile) {
  const facts: Record<string, { kind: string; occurrences: number; distinct_values: number }> = {};
  const values = new Map<string, Set<string>>();
  for (let i = 0; i < labels.length; i++) {
    const key = strings.get(labels.key[i]!);
    const text = labels.str[i] !== 0;
    const seen = values.get(key) ?? new Set();
    values.set(key, seen.add(text ? strings.get(labels.str[i]!) : `${labels.num[i]}`));
    facts[key] = {
      kind: text ? "str" : "num",
      occurrences: (facts[key]?.occurrences ?? 0) + 1,
      distinct_values: seen.size,
    };
  }
  return facts;
}
