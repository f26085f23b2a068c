import type { Profile } from "./profile.ts";

/** Makes a profile from its text form. */
export function profileFromText(_text: string): Profile {
  throw new Error("profileFromText is being written");
}

/** The text form of a profile. */
export function textOf(_profile: Profile): string {
  throw new Error("textOf is being written");
}
