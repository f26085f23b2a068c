import type { AsyncLocalStorage } from "node:async_hooks";
import { labelStorage } from "../labels.ts";
import type { SpanSource } from "../span-link.ts";
import type { ContextFollower } from "./context-follower.ts";
import { patchMethods } from "./patch.ts";
import { contextOf, type SampleContext } from "./sample-context.ts";
import type { TimeEngine } from "./time-engine.ts";

/**
 * Follows contexts where `AsyncLocalStorage` runs on async context frames (Node 24; Node 22 with its flag).
 *
 * The engine keeps the sample context inside the frame, and Node carries the frame through every await, timer and
 * callback. What is left to do is to set it in each new frame. `run`, its way out, `exit` and `withScope` all make
 * theirs with the instance's `enterWith`, so this is the one place to stand.
 */
export class FrameFollower implements ContextFollower {
  private engine: TimeEngine | undefined;
  private source: SpanSource | undefined;
  private storage: AsyncLocalStorage<unknown> | undefined;
  private releaseStorage: (() => void) | undefined;
  private releaseLabels: (() => void) | undefined;

  start(engine: TimeEngine): void {
    this.engine = engine;
    this.releaseLabels = afterEnterWith(labelStorage as AsyncLocalStorage<unknown>, () => {
      const span = this.source?.recordOf(this.storage?.getStore());
      engine.setContext(contextOf(span, labelStorage.getStore()));
    });
  }

  follow(source: SpanSource | undefined): void {
    const storage = source?.storage();
    if (source === this.source && storage === this.storage) return;
    this.releaseStorage?.();
    this.releaseStorage = undefined;
    this.source = source;
    this.storage = storage;
    const engine = this.engine;
    if (source === undefined || storage === undefined || engine === undefined) return;
    this.releaseStorage = afterEnterWith(storage, (value) => {
      engine.setContext(contextOf(source.recordOf(value), labelStorage.getStore()));
    });
  }

  resolve(engineContext: object | undefined): SampleContext | undefined {
    return engineContext as SampleContext | undefined;
  }

  stop(): void {
    this.follow(undefined);
    this.releaseLabels?.();
    this.releaseLabels = undefined;
    this.engine = undefined;
  }
}

/** Calls `then` after each `enterWith` of a storage; the function returned ends it. */
function afterEnterWith(
  storage: AsyncLocalStorage<unknown>,
  then: (value: unknown) => void,
): () => void {
  const original = storage.enterWith;
  let active = true;
  const restore = patchMethods(storage, {
    enterWith(this: AsyncLocalStorage<unknown>, value: unknown): void {
      original.call(this, value);
      if (active) then(value);
    },
  });
  return () => {
    active = false;
    restore();
  };
}
