import { describe, expect, it } from "vitest";
import {
  checkProfile,
  DEFAULT_DECODE_LIMITS,
  decodePprof,
  encodePprof,
  firstInvalidUtf8,
  mergeProfiles,
  textOf,
} from "../src/index.ts";
import { differences } from "./differences.ts";
import { depthFacts, labelFacts, sampleTypeFacts } from "./facts.ts";
import { expectedFacts, haveFixtures, readFixture } from "./fixtures.ts";

describe.skipIf(!haveFixtures)("recordings of real programs (needs the shared fixtures)", () => {
  it("finds them", () => {
    expect(expectedFacts().length).toBeGreaterThan(50);
  });

  describe.each(expectedFacts())("%s", (name, facts) => {
    const bytes = readFixture(name);
    const profile = decodePprof(bytes, DEFAULT_DECODE_LIMITS);

    it("holds together and has the facts that other decoders found", () => {
      checkProfile(profile);
      const { strings, samples, periodType } = profile;
      const stacks = Array.from({ length: samples.length }, (_, row) =>
        samples.locations
          .subarray(samples.locationStart[row]!, samples.locationStart[row + 1]!)
          .join(),
      );
      const found = {
        sample_types: sampleTypeFacts(profile),
        samples: samples.length,
        unique_location_stacks: new Set(stacks).size,
        default_sample_type: strings.get(profile.defaultSampleType),
        period_type:
          periodType === undefined
            ? null
            : { type: strings.get(periodType.type), unit: strings.get(periodType.unit) },
        period: `${profile.period}`,
        time_nanos: `${profile.timeNanos}`,
        duration_nanos: `${profile.durationNanos}`,
        mappings: profile.mappings.length,
        locations: profile.locations.length,
        functions: profile.functions.length,
        strings: strings.length,
        comments: profile.comments.length,
        stack_depth_locations: depthFacts(profile).locations,
        stack_depth_frames_inlined: depthFacts(profile).lines,
        inflated_size: bytes.length,
      };
      expect(found).toEqual(
        Object.fromEntries(
          Object.keys(found).map((key) => [key, facts[key as keyof typeof facts] ?? null]),
        ),
      );
      const expectedLabels = Object.fromEntries(
        Object.entries(facts.labels).map(([key, { kind, occurrences, distinct_values }]) => [
          key,
          { kind, occurrences, distinct_values },
        ]),
      );
      expect(labelFacts(profile)).toEqual(expectedLabels);
    });

    it("counts what is odd in it", () => {
      expect(profile.faults.duplicateIds + Math.max(0, profile.faults.zeroFunctionIds - 1)).toBe(
        facts.oddities?.duplicate_function_ids ?? 0,
      );
      expect(firstInvalidUtf8(profile.strings) >= 0).toBe(
        facts.oddities?.invalid_utf8_strings !== undefined,
      );
      expect(profile.faults.valueCounts).toBe(0);
      expect(profile.faults.unknownLocations).toBe(0);
      expect(profile.faults.stringZero).toBe(0);
    });

    it("comes back the same from encoding and decoding", () => {
      const again = decodePprof(encodePprof(profile), DEFAULT_DECODE_LIMITS);
      checkProfile(again);
      expect(differences(again, profile)).toEqual([]);
      expect(textOf(again)).toBe(textOf(profile));
    });

    it("keeps its totals when merged with itself", () => {
      const merged = mergeProfiles([profile, profile]);
      checkProfile(merged);
      const totals = sampleTypeFacts(merged).map(({ type, unit, sum }) => ({ type, unit, sum }));
      expect(totals).toEqual(
        facts.sample_types.map(({ type, unit, sum }) => ({
          type,
          unit,
          sum: `${2n * BigInt(sum)}`,
        })),
      );
    });
  });
});
