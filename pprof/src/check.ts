import type { Profile } from "./profile.ts";

/** Throws `ProfileError` unless every index, order and length is right. */
export function checkProfile(_profile: Profile): void {
  throw new Error("checkProfile is being written");
}
