import { setTimeout as wait } from "node:timers/promises";
import type { Engine } from "./store/engine.ts";
import type { OpenDays } from "./store/open-days.ts";
import { rollUp } from "./store/roll-up.ts";

/** Is told of rounds that add profiles up by hour. */
export interface RollUpObserver {
  /** `ok`: no day was left out. */
  rollUpRound(facts: {
    readonly ok: boolean;
    readonly rows: number;
    readonly seconds: number;
  }): void;
}

/** Choices of {@link keepRolledUp}. */
export interface RollUpRoundsOptions {
  readonly engine: Engine;
  /** Must be told of every commit. */
  readonly openDays: OpenDays;
  readonly intervalMs: number;
  readonly observer: RollUpObserver;
  readonly onError: (error: unknown) => void;
}

/** Rolls up now and a minute after each full interval; returns what ends that, a round under way too. */
export function keepRolledUp(options: RollUpRoundsOptions): () => Promise<void> {
  const stop = new AbortController();
  const running = keepRolling(options, stop.signal);
  return () => {
    stop.abort();
    return running;
  };
}

/** Most profiles of an hour have come by then, so that it is in one round but for a few. */
const DELAY_MS = 60_000;

async function keepRolling(options: RollUpRoundsOptions, signal: AbortSignal): Promise<void> {
  const { intervalMs } = options;
  while (!signal.aborted) {
    await round(options, signal);
    const waitMs = intervalMs - ((Date.now() - DELAY_MS) % intervalMs);
    await wait(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function round(
  { engine, openDays, observer, onError }: RollUpRoundsOptions,
  signal: AbortSignal,
): Promise<void> {
  const begin = performance.now();
  const { rows, failures } = await rollUp(engine, openDays, signal).catch((error: unknown) => ({
    rows: 0,
    failures: [error],
  }));
  if (signal.aborted) return;
  for (const error of failures) onError(error);
  const seconds = (performance.now() - begin) / 1000;
  observer.rollUpRound({ ok: failures.length === 0, rows, seconds });
}
