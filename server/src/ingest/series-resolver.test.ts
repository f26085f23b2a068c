import { expect, it } from "vitest";
import { defaultLimits } from "../limits.ts";
import type { Label } from "./labels.ts";
import { SeriesResolver, type SeriesSet } from "./series-resolver.ts";

const labels: Label[] = [
  ["__name__", "cpu"],
  ["service_name", "svc"],
];

it("forgets series when there are too many of them, of one label set too", () => {
  const resolver = new SeriesResolver(100_000);
  const resolve = (): SeriesSet => resolver.resolve("t", labels, "key", [], defaultLimits, "");
  const seriesOf = (set: SeriesSet, type: string) =>
    resolver.seriesOf(set, { type, unit: "count", periodType: "", periodUnit: "" });
  const first = resolve();
  expect(resolve()).toBe(first);
  expect(seriesOf(resolve(), "t")).toBe(seriesOf(first, "t"));
  const sets = new Set<SeriesSet>();
  for (let i = 0; i < 2000; i++) {
    const set = resolve();
    sets.add(set);
    seriesOf(set, `type-${i}`);
  }
  expect(sets.size).toBeGreaterThan(1);
  for (const { byType } of sets) expect(byType.size).toBeLessThan(500);
});
