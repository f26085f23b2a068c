import { ExemplarType } from "@pyrospan/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  base,
  codeOf,
  openQueryStore,
  type QueryStore,
  stacksOf,
  textOf,
} from "../../test/query-store.ts";
import { bucketOf } from "./bucket-sums.ts";

let store: QueryStore;
beforeAll(async () => {
  store = await openQueryStore();
});
afterAll(() => store?.close());

describe("SelectSeries", () => {
  const profiles = Array.from({ length: 60 }, (_, i) => ({
    pod: `p${i % 3}`,
    atMs: base + ((i * 7919) % 300_000),
    value: 1 + ((i * 31) % 97),
  }));
  beforeAll(async () => {
    await Promise.all(
      profiles.map(({ pod, atMs, value }) =>
        store.push({ service_name: "series", ...(pod !== "p2" && { pod }) }, `main cpu=${value}`, {
          atMs,
        }),
      ),
    );
  });

  it.each([
    [0, 300_000, 15_000, []],
    [0, 300_000, 15_000, ["pod"]],
    [60_001, 200_003, 7_777, ["pod"]],
    [0, 100, 400_000, []],
    [-1, 299_999, 60_000, ["pod", "pod"]],
  ] as [number, number, number, string[]][])(
    "adds up as a slow model does, %i..%i by %i",
    async (start, end, stepMs, groupBy) => {
      const window = { startMs: base + start, endMs: base + end };
      const expected = new Map<string, Map<number, number>>();
      for (const { pod, atMs, value } of profiles) {
        const bucket = bucketOf(atMs, window, stepMs);
        if (atMs < window.startMs - stepMs || atMs > window.endMs || bucket < 0) continue;
        const key = pod === "p2" ? "" : groupBy.map((name) => `${name}=${pod}`).join();
        const points = expected.get(key) ?? new Map<number, number>();
        const point = window.startMs + bucket * stepMs;
        points.set(point, (points.get(point) ?? 0) + value);
        expected.set(key, points);
      }
      const { series } = await store.querier.selectSeries({
        ...stacksOf("series"),
        start: BigInt(window.startMs),
        end: BigInt(window.endMs),
        step: stepMs / 1000,
        groupBy,
      });
      const got = series.map(({ labels, points }) => ({
        key: labels.map(({ name, value }) => `${name}=${value}`).join(),
        points: points.map(({ timestamp, value }) => [Number(timestamp), value]),
        total: points.reduce((sum, { value }) => sum + value, 0),
      }));
      expect(got).toHaveLength(expected.size);
      for (const { key, points } of got) {
        expect(points).toEqual([...expected.get(key)!].sort((a, b) => a[0] - b[0]));
      }
      const totals = got.map(({ total }) => total);
      expect(totals).toEqual(totals.toSorted((a, b) => b - a));
    },
  );

  it("keeps the largest series", async () => {
    const all = await store.querier.selectSeries({
      ...stacksOf("series"),
      step: 60,
      groupBy: ["pod"],
    });
    const one = await store.querier.selectSeries({
      ...stacksOf("series"),
      step: 60,
      groupBy: ["pod"],
      limit: 1n,
    });
    expect(one.series).toEqual(all.series.slice(0, 1));
  });

  it("gives the largest profile of a point as exemplar, which selects that profile", async () => {
    const labels = { service_name: "exemplars", pod: "x" };
    await store.push(labels, "main cpu=100", { atMs: base + 947 });
    await store.push(labels, "main;top cpu=300", { atMs: base + 987 });
    const { series } = await store.querier.selectSeries({
      ...stacksOf("exemplars"),
      start: BigInt(base + 1000),
      end: BigInt(base + 3000),
      step: 1,
      groupBy: ["pod"],
      exemplarType: ExemplarType.INDIVIDUAL,
    });
    expect(series).toHaveLength(1);
    const [point] = series[0]!.points;
    expect(point).toMatchObject({ timestamp: BigInt(base + 1000), value: 400 });
    const [exemplar] = point!.exemplars;
    expect(exemplar).toMatchObject({ timestamp: BigInt(base + 987), value: 300n, spanId: "" });
    expect(exemplar!.labels.map(({ name }) => name)).toEqual([
      "__profile_type__",
      "__service_name__",
      "__name__",
      "__period_type__",
      "__period_unit__",
      "__type__",
      "__unit__",
      "service_name",
    ]);
    const { flamegraph } = await store.querier.selectMergeStacktraces({
      ...stacksOf("exemplars"),
      profileIdSelector: [exemplar!.profileId],
    });
    expect(textOf(flamegraph)).toBe("main;top 300");
  });

  it("adds the parts of a split profile up to one exemplar", async () => {
    await store.push({ service_name: "parts" }, "a cpu=10 route=x\nb cpu=20 route=y");
    const { series } = await store.querier.selectSeries({
      ...stacksOf("parts"),
      step: 1200,
      exemplarType: ExemplarType.INDIVIDUAL,
    });
    const [exemplar] = series[0]!.points[0]!.exemplars;
    expect(exemplar?.value).toBe(30n);
    expect(exemplar?.labels.some(({ name }) => name === "route")).toBe(false);
  });

  it.each([0, Number.NaN, Number.POSITIVE_INFINITY])("refuses a step of %f", async (step) => {
    expect(await codeOf(store.querier.selectSeries({ ...stacksOf("series"), step }))).toBe(
      "InvalidArgument: step must be >= 1ms",
    );
  });
});
