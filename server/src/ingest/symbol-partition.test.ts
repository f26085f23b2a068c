import { expect, it } from "vitest";
import { type SymbolPartition, SymbolPartitions } from "./symbol-partition.ts";

const DAY_MS = 86_400_000;

function fill(partition: SymbolPartition, entries: number): void {
  for (let i = 0; i < entries; i++) partition.stacks.add(i, i, i + 1);
}

it("keeps a partition for each tenant and service", () => {
  const partitions = new SymbolPartitions(1 << 20);
  const first = partitions.get("a", "bc", 0);
  expect(partitions.get("a", "bc", 1)).toBe(first);
  expect(partitions.get("ab", "c", 1)).not.toBe(first);
  partitions.clear();
  expect(partitions.get("a", "bc", 1)).not.toBe(first);
});

it("opens a new one after a day, and when one has half of the memory", () => {
  const partitions = new SymbolPartitions(1 << 20);
  const first = partitions.get("t", "s", 5 * DAY_MS);
  expect(first.day).toBe(5);
  expect(partitions.get("t", "s", 6 * DAY_MS)).toBe(first);
  const second = partitions.get("t", "s", 6 * DAY_MS + 1);
  expect(second).not.toBe(first);
  expect([second.idLow, second.idHigh]).not.toEqual([first.idLow, first.idHigh]);
  fill(second, 30_000);
  expect(second.memoryBytes).toBeGreaterThan(1 << 19);
  expect(partitions.get("t", "s", 6 * DAY_MS + 2)).not.toBe(second);
});

it("forgets those that were not used for longest", () => {
  const partitions = new SymbolPartitions(1 << 20);
  const [a, b, c] = ["a", "b", "c"].map((service) => {
    const partition = partitions.get("t", service, 0);
    fill(partition, 9_000);
    return partition;
  });
  // Two fit.
  expect(partitions.get("t", "c", 1)).toBe(c);
  expect(partitions.get("t", "b", 1)).toBe(b);
  expect(partitions.get("t", "a", 1)).not.toBe(a);
});

it("counts what a partition grows by, also when it is used only once", () => {
  const partitions = new SymbolPartitions(1 << 20);
  const all = Array.from({ length: 10 }, (_, n) => {
    const partition = partitions.get("t", `service ${n}`, 0);
    fill(partition, 9_000);
    return partition;
  });
  expect(partitions.get("t", "service 9", 1)).toBe(all[9]);
  expect(partitions.get("t", "service 8", 1)).toBe(all[8]);
  expect(partitions.get("t", "service 7", 1)).not.toBe(all[7]);
});
