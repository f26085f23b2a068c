import { Code, ConnectError } from "@connectrpc/connect";
import { expect } from "vitest";
import { type Clients, flameFacts, push, recent } from "./client.ts";
import { cpuProfile } from "./profile-bytes.ts";

/** Profile type of {@link pushEntry}. */
export const cpuType = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
/** Value of the one sample that tells a push from others. */
export const entryValue = 7;

/** What became of the pushes of one service, by their ids. */
export interface Ledger {
  readonly service: string;
  readonly acknowledged: Set<string>;
  readonly refused: Set<string>;
}

/** An empty ledger. */
export function createLedger(service: string): Ledger {
  return { service, acknowledged: new Set(), refused: new Set() };
}

/**
 * Pushes a profile with a function of its own and, to make it large, `filler` further stacks that do not compress.
 * Resolves with the error when it was refused.
 */
export async function pushEntry(
  clients: Clients,
  ledger: Ledger,
  id: string,
  filler: readonly string[] = [],
): Promise<ConnectError | undefined> {
  const samples = [
    { stack: `main;serve;work_${id}`, values: [entryValue] },
    ...filler.map((name) => ({ stack: `main;filler;${name}`, values: [1] })),
  ];
  const labels = { __name__: "process_cpu", service_name: ledger.service, push: id };
  try {
    await push(clients, labels, cpuProfile(samples));
  } catch (error) {
    ledger.refused.add(id);
    return ConnectError.from(error);
  }
  ledger.acknowledged.add(id);
  return undefined;
}

/** A refusal for want of room says so, and when to come back. */
export function expectUnavailable(error: ConnectError | undefined): void {
  expect(error && Code[error.code], error?.message).toBe("Unavailable");
  expect(error?.metadata.get("retry-after")).toMatch(/^\d+$/);
}

/** Every acknowledged push is there once, in time line and flame graph; every refused one is in neither. */
export async function verifyLedger(clients: Clients, ledger: Ledger): Promise<void> {
  const query = { profileTypeID: cpuType, labelSelector: `{service_name="${ledger.service}"}` };
  const { series } = await clients.querier.selectSeries({
    ...query,
    groupBy: ["push"],
    step: 60,
    ...recent(),
  });
  expect(series.map(({ labels }) => labels[0]?.value).sort()).toEqual(
    [...ledger.acknowledged].sort(),
  );
  const inSeries = series
    .flatMap(({ points }) => points)
    .reduce((sum, { value }) => sum + BigInt(value), 0n);
  const { flamegraph } = await clients.querier.selectMergeStacktraces({
    ...query,
    maxNodes: 1_048_576n,
    ...recent(),
  });
  const { self, total } = flameFacts(flamegraph);
  const entries = [...self].filter(([name]) => name.startsWith("work_"));
  const expected = [...ledger.acknowledged].map((id) => [`work_${id}`, BigInt(entryValue)]);
  expect(entries.sort()).toEqual(expected.sort());
  expect(total).toBe(inSeries);
}
