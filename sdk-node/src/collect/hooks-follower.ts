import { type AsyncHook, type AsyncLocalStorage, createHook } from "node:async_hooks";
import { type LabelSet, labelStorage } from "../labels.ts";
import type { SpanSource } from "../span-link.ts";
import type { ContextFollower } from "./context-follower.ts";
import { patchMethods } from "./patch.ts";
import { contextOf, type SampleContext } from "./sample-context.ts";
import type { TimeEngine } from "./time-engine.ts";

/**
 * Follows contexts where `AsyncLocalStorage` runs on async hooks (Node 20; Node 22 without its flag).
 *
 * The engine keeps one sample context for the isolate: a holder, whose fields are rewritten on every switch. Only when
 * the engine's counter says that a sample has caught the holder is it closed and replaced, so there is at most one
 * native call for each sample, none for a switch.
 */
export class HooksFollower implements ContextFollower {
  private engine: TimeEngine | undefined;
  private source: SpanSource | undefined;
  private storage: AsyncLocalStorage<unknown> | undefined;
  private release: (() => void)[] = [];
  private hook: AsyncHook | undefined;
  private holder: Holder = { value: undefined, labels: undefined };
  private samplesSeen = 0;
  /** What ran when a callback began that is still running, to return to at its end: id, value and labels in turn. */
  private readonly outer: unknown[] = [];

  start(engine: TimeEngine): void {
    this.engine = engine;
    this.renewHolder();
    this.hook = createHook({
      before: (asyncId) => this.before(asyncId),
      after: (asyncId) => this.after(asyncId),
    }).enable();
    this.intercept(labelStorage as AsyncLocalStorage<unknown>, this.release);
    this.switchTo(undefined, labelStorage.getStore());
  }

  follow(source: SpanSource | undefined): void {
    const storage = source?.storage();
    if (source === this.source && storage === this.storage) return;
    // The first release belongs to the label storage.
    for (const release of this.release.splice(1)) release();
    this.source = source;
    this.storage = storage;
    if (storage !== undefined) this.intercept(storage, this.release);
    this.switchTo(storage?.getStore(), labelStorage.getStore());
  }

  resolve(engineContext: object | undefined): SampleContext | undefined {
    const holder = engineContext as Holder | undefined;
    if (holder === undefined) return undefined;
    if (holder === this.holder) this.renewHolder();
    return holder.context;
  }

  stop(): void {
    this.hook?.disable();
    this.hook = undefined;
    // Samples may still hold it and be resolved later.
    this.renewHolder();
    for (const release of this.release.splice(0)) release();
    this.outer.length = 0;
    this.source = undefined;
    this.storage = undefined;
    this.engine = undefined;
    this.holder = { value: undefined, labels: undefined };
  }

  private before(asyncId: number): void {
    const { outer, holder } = this;
    // A callback that never reaches its `after` leaves its entry behind; do not let them pile up.
    if (outer.length > 3 * 1_024) outer.length = 0;
    outer.push(asyncId, holder.value, holder.labels);
    this.switchTo(this.storage?.getStore(), labelStorage.getStore());
  }

  private after(asyncId: number): void {
    const { outer } = this;
    for (let i = outer.length - 3; i >= 0; i -= 3) {
      if (outer[i] !== asyncId) continue;
      const value = outer[i + 1];
      const labels = outer[i + 2] as LabelSet | undefined;
      outer.length = i;
      this.switchTo(value, labels);
      return;
    }
    this.switchTo(undefined, undefined);
  }

  private switchTo(value: unknown, labels: LabelSet | undefined): void {
    let { holder } = this;
    if (holder.value === value && holder.labels === labels) return;
    if (this.engine !== undefined && this.engine.sampleCount[0] !== this.samplesSeen) {
      this.renewHolder();
      holder = this.holder;
    }
    holder.value = value;
    holder.labels = labels;
  }

  /** Closes the holder, which samples may have caught, and sets a new one with the same content. */
  private renewHolder(): void {
    const { holder, engine } = this;
    const { value, labels } = holder;
    holder.context = contextOf(this.source?.recordOf(value), labels);
    holder.value = undefined;
    holder.labels = undefined;
    this.holder = { value, labels };
    if (engine === undefined) return;
    this.samplesSeen = engine.sampleCount[0]!;
    engine.setContext(this.holder);
  }

  /** Follows `run`, `enterWith` and `exit`, which change the value inside one callback. */
  private intercept(storage: AsyncLocalStorage<unknown>, releases: (() => void)[]): void {
    let active = true;
    const { run, enterWith, exit } = storage;
    const switchToCurrent = (): void => {
      if (active) this.switchTo(this.storage?.getStore(), labelStorage.getStore());
    };
    const restore = patchMethods(storage, {
      run<R, A extends unknown[]>(value: unknown, fn: (...args: A) => R, ...args: A): R {
        if (!active) return run.call(storage, value, fn as never, ...args) as R;
        try {
          return run.call(storage, value, () => {
            switchToCurrent();
            return fn(...args);
          }) as R;
        } finally {
          switchToCurrent();
        }
      },
      exit<R, A extends unknown[]>(fn: (...args: A) => R, ...args: A): R {
        if (!active) return exit.call(storage, fn as never, ...args) as R;
        try {
          return exit.call(storage, () => {
            switchToCurrent();
            return fn(...args);
          }) as R;
        } finally {
          switchToCurrent();
        }
      },
      enterWith(value: unknown): void {
        enterWith.call(storage, value);
        switchToCurrent();
      },
    });
    releases.push(() => {
      active = false;
      restore();
    });
  }
}

interface Holder {
  /** The span storage's value while open. */
  value: unknown;
  labels: LabelSet | undefined;
  /** What the holder stood for, once closed. */
  context?: SampleContext | undefined;
}
