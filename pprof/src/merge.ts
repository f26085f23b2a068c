import type { Profile } from "./profile.ts";

/** Merges profiles of the same sample types; throws `ProfileError`. */
export function mergeProfiles(_profiles: readonly Profile[]): Profile {
  throw new Error("mergeProfiles is being written");
}
