import type { JsonValue } from "@bufbuild/protobuf";
import type { Profile } from "@pyrospan/wire";

/** What a pprof says, without ids and order: two profiles with the same facts are the same to every reader. */
export function profileFacts(profile: Profile): JsonValue {
  const text = (index: bigint): string => profile.stringTable[Number(index)] ?? "";
  const valueType = (type: { type: bigint; unit: bigint }): string =>
    `${text(type.type)}/${text(type.unit)}`;
  const functions = new Map(profile.function.map((entry) => [entry.id, entry]));
  const mappings = new Map(profile.mapping.map((entry) => [entry.id, entry]));
  const locations = new Map(
    profile.location.map((location) => {
      const mapping = mappings.get(location.mappingId);
      const lines = location.line.map((line) => {
        const entry = functions.get(line.functionId);
        if (!entry) return `?:${line.line}`;
        const { name, systemName, filename, startLine } = entry;
        return `${text(name)}(${text(systemName)}) ${text(filename)}+${startLine}:${line.line}`;
      });
      const binary = mapping ? `${text(mapping.filename)} ${text(mapping.buildId)}` : "";
      return [location.id, `[${binary}] 0x${location.address.toString(16)} ${lines.join(" < ")}`];
    }),
  );
  const samples = profile.sample.map((sample) => {
    const stack = sample.locationId.map((id) => locations.get(id) ?? "?");
    const labels = sample.label.map((label) =>
      [text(label.key), text(label.str), label.num, text(label.numUnit)].join("="),
    );
    return `${stack.join(" | ")} {${labels.sort().join(",")}} ${sample.value.join(",")}`;
  });
  return {
    sampleTypes: profile.sampleType.map(valueType),
    samples: samples.sort(),
    periodType: profile.periodType ? valueType(profile.periodType) : "",
    period: String(profile.period),
    timeNanos: String(profile.timeNanos),
    durationNanos: String(profile.durationNanos),
    defaultSampleType: text(profile.defaultSampleType),
    comments: profile.comment.map(text),
  };
}
