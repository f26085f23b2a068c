import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Profile as ProfileMessage, ProfileSchema } from "@pyrospan/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkProfile,
  DEFAULT_DECODE_LIMITS,
  decodePprof,
  encodePprof,
  encodePprofSteps,
  NO_FAULTS,
  NONE,
  type Profile,
} from "../src/index.ts";
import { differences } from "./differences.ts";
import { expectedFacts, haveFixtures, readFixture } from "./fixtures.ts";
import { messages } from "./messages.ts";

describe("beside the generated codec", () => {
  it("reads what it wrote, field by field, and writes the same bytes", () => {
    fc.assert(
      fc.property(messages, (message) => {
        const bytes = toBinary(ProfileSchema, message);
        const profile = decodePprof(bytes, DEFAULT_DECODE_LIMITS);
        checkProfile(profile);
        expect(profile.faults).toBe(NO_FAULTS);
        expect(asMessage(profile)).toEqual(plain(message));
        expect(Buffer.compare(encodePprof(profile), bytes)).toBe(0);
        const steps = [...stepsOf(profile, 2)];
        expect(Buffer.compare(steps.at(-1)!, bytes)).toBe(0);
        const viewed = decodePprof(bytes, DEFAULT_DECODE_LIMITS, { strings: "view" });
        expect(differences(viewed, profile)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("is read by it the same", () => {
    fc.assert(
      fc.property(messages, (message) => {
        const profile = decodePprof(toBinary(ProfileSchema, message), DEFAULT_DECODE_LIMITS);
        expect(plain(fromBinary(ProfileSchema, encodePprof(profile)))).toEqual(plain(message));
      }),
    );
  });

  it.skipIf(!haveFixtures)("is read by it the same for real profiles (needs the fixtures)", () => {
    let compared = 0;
    for (const [name, facts] of expectedFacts()) {
      if (facts.inflated_size > 200_000 || facts.oddities?.invalid_utf8_strings) continue;
      const bytes = readFixture(name);
      const ours = fromBinary(
        ProfileSchema,
        encodePprof(decodePprof(bytes, DEFAULT_DECODE_LIMITS)),
      );
      const original = toBinary(ProfileSchema, fromBinary(ProfileSchema, bytes));
      // References to ids that no row has cannot be written back.
      if (facts.oddities?.dangling_function_refs === undefined) {
        expect(Buffer.compare(toBinary(ProfileSchema, ours), original), name).toBe(0);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(20);
  });
});

function* stepsOf(profile: Profile, rows: number): Generator<Uint8Array> {
  const steps = encodePprofSteps(profile, rows);
  for (let step = steps.next(); ; step = steps.next()) {
    if (!step.done) continue;
    yield step.value;
    return;
  }
}

/** Without the marks of the generated code. */
function plain(message: ProfileMessage): unknown {
  return JSON.parse(
    JSON.stringify(message, (key, value) =>
      key === "$typeName" || key === "$unknown"
        ? undefined
        : typeof value === "bigint"
          ? `${value}`
          : value,
    ),
  );
}

/** A profile as the plain form of a message, through nothing but its tables. */
function asMessage(profile: Profile): unknown {
  const { sampleTypes, samples, labels, locations, lines, functions, mappings, strings } = profile;
  const rows = <T>(from: number, to: number, row: (i: number) => T): T[] =>
    Array.from({ length: to - from }, (_, i) => row(from + i));
  const message = {
    stringTable: rows(0, strings.length, (i) => strings.get(i)),
    sampleType: rows(0, sampleTypes.length, (i) => ({
      type: `${sampleTypes.type[i]}`,
      unit: `${sampleTypes.unit[i]}`,
    })),
    sample: rows(0, samples.length, (row) => ({
      locationId: rows(
        samples.locationStart[row]!,
        samples.locationStart[row + 1]!,
        (i) => `${locations.id[samples.locations[i]!]}`,
      ),
      value: rows(
        row * sampleTypes.length,
        (row + 1) * sampleTypes.length,
        (i) => `${samples.values[i]}`,
      ),
      label: rows(samples.labelStart[row]!, samples.labelStart[row + 1]!, (i) => ({
        key: `${labels.key[i]}`,
        str: `${labels.str[i]}`,
        num: `${labels.num[i]}`,
        numUnit: `${labels.numUnit[i]}`,
      })),
    })),
    mapping: rows(0, mappings.length, (i) => ({
      id: `${mappings.id[i]}`,
      memoryStart: `${mappings.start[i]}`,
      memoryLimit: `${mappings.limit[i]}`,
      fileOffset: `${mappings.offset[i]}`,
      filename: `${mappings.filename[i]}`,
      buildId: `${mappings.buildId[i]}`,
      hasFunctions: mappings.hasFunctions[i] === 1,
      hasFilenames: mappings.hasFilenames[i] === 1,
      hasLineNumbers: mappings.hasLineNumbers[i] === 1,
      hasInlineFrames: mappings.hasInlineFrames[i] === 1,
    })),
    location: rows(0, locations.length, (row) => ({
      id: `${locations.id[row]}`,
      mappingId: locations.mapping[row] === NONE ? "0" : `${mappings.id[locations.mapping[row]!]}`,
      address: `${locations.address[row]}`,
      line: rows(locations.lineStart[row]!, locations.lineStart[row + 1]!, (i) => ({
        functionId: `${functions.id[lines.function[i]!]}`,
        line: `${lines.line[i]}`,
        column: `${lines.column[i]}`,
      })),
      isFolded: locations.folded[row] === 1,
    })),
    function: rows(0, functions.length, (i) => ({
      id: `${functions.id[i]}`,
      name: `${functions.name[i]}`,
      systemName: `${functions.systemName[i]}`,
      filename: `${functions.filename[i]}`,
      startLine: `${functions.startLine[i]}`,
    })),
    dropFrames: `${profile.dropFrames}`,
    keepFrames: `${profile.keepFrames}`,
    timeNanos: `${profile.timeNanos}`,
    durationNanos: `${profile.durationNanos}`,
    period: `${profile.period}`,
    comment: [...profile.comments].map(String),
    defaultSampleType: `${profile.defaultSampleType}`,
    docUrl: `${profile.docUrl}`,
  };
  if (profile.periodType === undefined) return message;
  const { type, unit } = profile.periodType;
  return { ...message, periodType: { type: `${type}`, unit: `${unit}` } };
}
