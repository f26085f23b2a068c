import type { SpanSource } from "../span-link.ts";
import type { SampleContext } from "./sample-context.ts";
import type { TimeEngine } from "./time-engine.ts";

/** Keeps the engine's sample context equal to the span and labels of the code that runs. */
export interface ContextFollower {
  start(engine: TimeEngine): void;
  /** Looks again at what decides the active span: `source` is new, gone, or has another storage. */
  follow(source: SpanSource | undefined): void;
  /** What a context that the engine hands out with a sample stands for. */
  resolve(engineContext: object | undefined): SampleContext | undefined;
  stop(): void;
}
