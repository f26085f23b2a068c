import { toBinary } from "@bufbuild/protobuf";
import { ProfileSchema } from "@pyrospan/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkProfile,
  DEFAULT_DECODE_LIMITS,
  DecodeError,
  type DecodeLimits,
  decodePprof,
  encodePprof,
  firstInvalidUtf8,
  mergeProfiles,
  type Profile,
  ProfileError,
  textOf,
} from "../src/index.ts";
import { differences } from "./differences.ts";
import { haveFixtures, listFixtures, readFixture } from "./fixtures.ts";
import { messages } from "./messages.ts";

const smallLimits: DecodeLimits = {
  maxBytes: 100_000,
  maxSampleTypes: 20,
  maxSamples: 500,
  maxStackDepth: 500,
  maxSampleLabels: 50,
  maxMappings: 100,
  maxLocations: 500,
  maxLocationLines: 50,
  maxFunctions: 500,
  maxStrings: 500,
  maxComments: 50,
  maxGroupDepth: 5,
};

/** Whatever the bytes: a profile that everything here can work with, or a `DecodeError`. */
function digest(bytes: Uint8Array, limits: DecodeLimits): Profile | DecodeError {
  let profile: Profile;
  try {
    profile = decodePprof(bytes, limits);
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    const { offset, message, code } = error as DecodeError;
    expect(message.startsWith(`[${code}] `)).toBe(true);
    expect(offset >= 0 && offset <= bytes.length).toBe(true);
    return error as DecodeError;
  }
  checkProfile(profile);
  const again = decodePprof(encodePprof(profile), DEFAULT_DECODE_LIMITS);
  // Only a missing string table does not come back: an empty string 0 was put in its place.
  const lost = again.strings.length === 1 ? ["faults.stringZero", "faults"] : [];
  expect(differences(again, profile).filter((name) => !lost.includes(name))).toEqual([]);
  firstInvalidUtf8(profile.strings);
  textOf(profile);
  try {
    checkProfile(mergeProfiles([profile, profile]));
  } catch (error) {
    expect(error).toBeInstanceOf(ProfileError);
    expect((error as ProfileError).code).toBe("bad_value_count");
  }
  return profile;
}

const edit = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), at: fc.nat(), byte: fc.nat({ max: 255 }) }),
  fc.record({ kind: fc.constant("flip" as const), at: fc.nat(), byte: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant("cut" as const), at: fc.nat(), byte: fc.nat({ max: 20 }) }),
  fc.record({ kind: fc.constant("insert" as const), at: fc.nat(), byte: fc.nat({ max: 255 }) }),
  fc.record({ kind: fc.constant("end" as const), at: fc.nat(), byte: fc.constant(0) }),
  fc.record({ kind: fc.constant("double" as const), at: fc.nat(), byte: fc.nat({ max: 60 }) }),
);

function mutate(
  bytes: Uint8Array,
  edits: readonly (typeof edit extends fc.Arbitrary<infer T> ? T : never)[],
) {
  let list = [...bytes];
  for (const { kind, at, byte } of edits) {
    const i = list.length === 0 ? 0 : at % list.length;
    if (kind === "set") list[i] = byte;
    else if (kind === "flip") list[i] = (list[i] ?? 0) ^ (1 << byte);
    else if (kind === "cut") list.splice(i, byte);
    else if (kind === "insert") list.splice(i, 0, byte);
    else if (kind === "end") list = list.slice(0, i);
    else list.splice(i, 0, ...list.slice(i, i + byte));
  }
  return Uint8Array.from(list);
}

describe("any bytes give a profile or a DecodeError", () => {
  it("mutated profiles", () => {
    const edits = fc.array(edit, { minLength: 1, maxLength: 3 });
    let decoded = 0;
    fc.assert(
      fc.property(messages, edits, (message, changes) => {
        const bytes = mutate(toBinary(ProfileSchema, message), changes);
        if (!(digest(bytes, smallLimits) instanceof DecodeError)) decoded++;
      }),
      { numRuns: 3_000 },
    );
    // Both outcomes must be common, or the mutations are too mild or too harsh to say anything.
    expect(decoded).toBeGreaterThan(150);
    expect(decoded).toBeLessThan(2_850);
  });

  it("random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void digest(bytes, smallLimits)),
      { numRuns: 2_000 },
    );
  });

  it.skipIf(!haveFixtures)("mutated recordings (needs the shared fixtures)", () => {
    const corpus = [
      "pprof/cpp/parca_no-python.pb.gz",
      "pprof/go/googlepprof_go.nomappings.pb.gz",
      "pprof/nodejs/pyroscope-nodejs_profile1.data",
      "pprof/go/pyroscope_req_2.pprof",
      "pprof/python/pyroscope_phlaredb_profile_python.pb.gz",
    ].map(readFixture);
    const edits = fc.array(edit, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...corpus), edits, (bytes, changes) => {
        digest(mutate(bytes, changes), { ...smallLimits, maxLocations: 5_000 });
      }),
      { numRuns: 500 },
    );
  });

  it
    .skipIf(!haveFixtures)
    .each(listFixtures("malformed/pprof").filter((name) => !/bomb|gzip|zlib/.test(name)))(
    "%s",
    (name) => {
      digest(readFixture(name), DEFAULT_DECODE_LIMITS);
    },
  );
});

describe.skipIf(!haveFixtures)("malformed fixtures are told apart (needs the fixtures)", () => {
  const read = (name: string) =>
    digest(readFixture(`malformed/pprof/${name}`), DEFAULT_DECODE_LIMITS);

  it.each([
    ["length-past-end.pb", "truncated"],
    ["unclosed-group.pb", "truncated"],
    ["varint-11-bytes.pb", "varint_overflow"],
    ["wire-type-7.pb", "bad_wire_type"],
  ])("%s is %s", (name, code) => {
    expect(read(name)).toMatchObject({ code });
  });

  it.each(["random-4k.bin", "text.txt"])("%s is no profile", (name) => {
    expect(read(name)).toBeInstanceOf(DecodeError);
  });

  it.each([
    ["function-id-0.pb", { zeroFunctionIds: 2 }],
    ["string-index-mapping.pb", { mappingFilenames: 1 }],
    ["string-index-negative.pb", { functionNames: 1 }],
    ["string-index-sample-type.pb", { sampleTypeStrings: 1 }],
    ["string-table-empty.pb", { stringZero: 1 }],
    ["values-fewer-than-types.pb", { valueCounts: 1 }],
    ["zero-sample-types.pb", { valueCounts: 1 }],
    ["location-missing.pb", { unknownLocations: 1 }],
    ["mapping-missing.pb", { unknownMappings: 1 }],
    ["duplicate-location-ids.pb", { duplicateIds: 1 }],
  ])("%s: %j", (name, faults) => {
    const profile = read(name) as Profile;
    expect(profile.faults).toMatchObject(faults);
  });

  it.each([
    ["good.pb", "cpu=10ms"],
    ["ids-sparse-and-huge.pb", "main@main.go:10{0x400050,/app/bin} cpu=5ns"],
    ["value-int64-max.pb", "cpu=9223372036854775807ns"],
    ["unknown-fields.pb", "cpu=10ms"],
  ])("%s is read whole", (name, part) => {
    const profile = read(name) as Profile;
    expect(Object.values(profile.faults).every((count) => count === 0)).toBe(true);
    expect(textOf(profile)).toContain(part);
  });

  it("one name is not UTF-8", () => {
    expect(firstInvalidUtf8((read("utf8-invalid-function.pb") as Profile).strings)).toBeGreaterThan(
      0,
    );
  });

  it("100,000 samples are held against the limit with their number", () => {
    const bytes = readFixture("malformed/pprof/samples-100k.pb.gz");
    expect(digest(bytes, { ...DEFAULT_DECODE_LIMITS, maxSamples: 16_000 })).toMatchObject({
      code: "too_many",
      limitName: "maxSamples",
      limit: 16_000,
      actual: 100_000,
    });
  });
});
