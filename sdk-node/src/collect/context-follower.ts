import type { SpanSource } from "../span-link.ts";
import { FrameFollower } from "./frame-follower.ts";
import { HooksFollower } from "./hooks-follower.ts";
import type { SampleContext } from "./sample-context.ts";
import { framesCarryContext, type TimeEngine } from "./time-engine.ts";

/** Keeps the engine's sample context equal to the span and labels of the code that runs. */
export interface ContextFollower {
  start(engine: TimeEngine): void;
  /** Looks again at what decides the active span: `source` is new, gone, or has another storage. */
  follow(source: SpanSource | undefined): void;
  /** What a context that the engine hands out with a sample stands for. */
  resolve(engineContext: object | undefined): SampleContext | undefined;
  stop(): void;
}

/** How contexts are followed: `frames` (async context frames) or `hooks` (async hooks). */
export type FollowMode = "frames" | "hooks";

let probed: FollowMode | undefined;

/** The mode that works in this process, tried out once. */
export function followMode(): FollowMode {
  probed ??= framesCarryContext() ? "frames" : "hooks";
  return probed;
}

export function createFollower(mode: FollowMode): ContextFollower {
  return mode === "frames" ? new FrameFollower() : new HooksFollower();
}
