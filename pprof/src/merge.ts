import { ProfileBuilder } from "./build/profile-builder.ts";
import type { ProfileBuilderOptions } from "./build/profile-init.ts";
import type { Profile } from "./profile.ts";
import { ProfileError } from "./profile-error.ts";

/**
 * One profile of the samples of many: values of equal stacks and label sets add up (modulo 2^64), so totals are the
 * sums of the totals, in whatever order the profiles come. All must have the same sample types.
 *
 * The result begins with the earliest, lasts as long as all together and has the longest period; comments are
 * collected; the other single facts (period type, frames to drop and keep, default type, link) are those of the first
 * profile that has one. Functions, locations and mappings that no sample uses are left out, ids count from 1.
 *
 * Throws a `ProfileError`: `no_profiles`, `sample_types_differ`, or `bad_value_count` when a sample lacks values.
 */
export function mergeProfiles(profiles: readonly Profile[]): Profile {
  const builder = new ProfileBuilder(mergeOptions(profiles));
  for (const profile of profiles) builder.addProfile(profile);
  return builder.finish();
}

function mergeOptions(profiles: readonly Profile[]): ProfileBuilderOptions {
  const first = profiles[0];
  if (first === undefined) throw new ProfileError("no_profiles", "there are no profiles to merge");
  const { sampleTypes, strings } = first;
  let timeNanos = 0n;
  let durationNanos = 0n;
  let period = 0n;
  const comments = new Set<string>();
  for (const profile of profiles) {
    if (profile.timeNanos !== 0n && (timeNanos === 0n || profile.timeNanos < timeNanos)) {
      timeNanos = profile.timeNanos;
    }
    durationNanos = BigInt.asIntN(64, durationNanos + profile.durationNanos);
    if (profile.period > period) period = profile.period;
    for (const comment of profile.comments) comments.add(profile.strings.get(comment));
  }
  const typed = profiles.find(({ periodType }) => periodType !== undefined);
  return {
    sampleTypes: Array.from({ length: sampleTypes.length }, (_, i) => ({
      type: strings.get(sampleTypes.type[i]!),
      unit: strings.get(sampleTypes.unit[i]!),
    })),
    ...(typed?.periodType && {
      periodType: {
        type: typed.strings.get(typed.periodType.type),
        unit: typed.strings.get(typed.periodType.unit),
      },
    }),
    period,
    timeNanos,
    durationNanos,
    dropFrames: firstText(profiles, "dropFrames"),
    keepFrames: firstText(profiles, "keepFrames"),
    defaultSampleType: firstText(profiles, "defaultSampleType"),
    docUrl: firstText(profiles, "docUrl"),
    comments: [...comments],
  };
}

type TextField = "dropFrames" | "keepFrames" | "defaultSampleType" | "docUrl";

function firstText(profiles: readonly Profile[], field: TextField): string {
  for (const profile of profiles) {
    const text = profile.strings.get(profile[field]);
    if (text !== "") return text;
  }
  return "";
}
