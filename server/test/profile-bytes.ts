import { create, toBinary } from "@bufbuild/protobuf";
import {
  FunctionSchema,
  LocationSchema,
  ProfileSchema,
  SampleSchema,
  ValueTypeSchema,
} from "@pyrospan/wire";

/** A small profile described by hand. */
export interface ProfileText {
  /** Type and unit of each value. */
  readonly types: readonly (readonly [string, string])[];
  readonly periodType?: readonly [string, string];
  readonly period?: number | bigint;
  readonly timeNanos?: bigint;
  readonly samples: readonly SampleText[];
}

/** One sample. */
export interface SampleText {
  /** Function names, root first, as a list or joined by semicolons; an empty text is an empty stack. */
  readonly stack: string | readonly string[];
  readonly values: readonly (number | bigint)[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** A CPU profile as SDKs send it: one value in nanoseconds. */
export function cpuProfile(
  samples: readonly SampleText[],
  timeMs: number = Date.now(),
): Uint8Array {
  return profileBytes({
    types: [["cpu", "nanoseconds"]],
    periodType: ["cpu", "nanoseconds"],
    period: 10_000_000,
    timeNanos: BigInt(timeMs) * 1_000_000n,
    samples,
  });
}

/** The pprof bytes of a described profile, written by the generated codec, not by the one under test. */
export function profileBytes(profile: ProfileText): Uint8Array {
  const strings = new Map<string, bigint>([["", 0n]]);
  const index = (text: string): bigint => {
    const known = strings.get(text);
    if (known !== undefined) return known;
    strings.set(text, BigInt(strings.size));
    return BigInt(strings.size - 1);
  };
  const functions = new Map<string, bigint>();
  const locationOf = (name: string): bigint => {
    const known = functions.get(name);
    if (known !== undefined) return known;
    functions.set(name, BigInt(functions.size + 1));
    return BigInt(functions.size);
  };
  const message = create(ProfileSchema, {
    sampleType: profile.types.map(([type, unit]) => ({ type: index(type), unit: index(unit) })),
    sample: profile.samples.map((sample) =>
      create(SampleSchema, {
        locationId: framesOf(sample.stack).map(locationOf).reverse(),
        value: sample.values.map(BigInt),
        label: Object.entries(sample.labels ?? {}).map(([key, str]) => ({
          key: index(key),
          str: index(str),
        })),
      }),
    ),
    timeNanos: profile.timeNanos ?? 0n,
    period: BigInt(profile.period ?? 0),
  });
  if (profile.periodType) {
    const [type, unit] = profile.periodType;
    message.periodType = create(ValueTypeSchema, {
      type: index(type),
      unit: index(unit),
    });
  }
  const filename = index("main.file");
  for (const [name, id] of functions) {
    message.function.push(create(FunctionSchema, { id, name: index(name), filename }));
    message.location.push(create(LocationSchema, { id, line: [{ functionId: id, line: id }] }));
  }
  message.stringTable = [...strings.keys()];
  return toBinary(ProfileSchema, message);
}

function framesOf(stack: string | readonly string[]): readonly string[] {
  if (typeof stack !== "string") return stack;
  return stack === "" ? [] : stack.split(";");
}
