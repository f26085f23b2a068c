import { AsyncLocalStorage } from "node:async_hooks";

/** Labels as given by users. Numbers become text. */
export type LabelSet = Readonly<Record<string, string | number>>;

/** The labels of all samples taken while the profiler does its own work; such samples are thrown away. */
export const OWN_WORK: LabelSet = Object.freeze({});

/** Which labels apply to the running code. One per copy of this package; costs nothing until labels are used. */
export const labelStorage: AsyncLocalStorage<LabelSet | undefined> = new AsyncLocalStorage();

/**
 * Runs `fn` so that every sample taken in it, and in whatever it starts or awaits, carries these labels on top of
 * those already there. Returns what `fn` returns; an exception passes through. Entries that cannot be labels (empty
 * names, values other than text and finite numbers) are left out.
 */
export function withLabels<T>(labels: LabelSet, fn: () => T): T {
  return labelStorage.run(withEntries({ ...labelStorage.getStore() }, labels), fn);
}

/** Sets the labels of the rest of this async context in place of those it had; `{}` clears them. */
export function setLabels(labels: LabelSet): void {
  labelStorage.enterWith(withEntries({}, labels));
}

/** The labels of the running code. */
export function getLabels(): Record<string, string | number> {
  return { ...labelStorage.getStore() };
}

/** Runs `fn` as the profiler's own work. */
export function runAsOwnWork<T>(fn: () => T): T {
  return labelStorage.run(OWN_WORK, fn);
}

function withEntries(result: Record<string, string | number>, labels: LabelSet): LabelSet {
  // From JavaScript anything may come in, and a label must never be a reason to fail.
  for (const [name, value] of Object.entries(labels ?? {}) as [string, unknown][]) {
    if (name === "") continue;
    if (typeof value === "string" || Number.isFinite(value)) result[name] = value as string;
  }
  return Object.freeze(result);
}
