import { inOwnFrame } from "../own-frame.ts";
import type { ContextFollower } from "./context-follower.ts";
import { FrameFollower } from "./frame-follower.ts";
import { HooksFollower } from "./hooks-follower.ts";
import { framesCarryContext } from "./time-engine.ts";

/** How contexts are followed: `frames` (async context frames) or `hooks` (async hooks). */
export type FollowMode = "frames" | "hooks";

let probed: FollowMode | undefined;

/** The mode that works in this process, tried out once. */
export function followMode(): FollowMode {
  probed ??= inOwnFrame(framesCarryContext) ? "frames" : "hooks";
  return probed;
}

/** A follower for a mode that works in this process. */
export function createFollower(mode: FollowMode): ContextFollower {
  return mode === "frames" ? new FrameFollower() : new HooksFollower();
}
