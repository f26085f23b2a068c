import { ExemplarType } from "@pyrospan/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  base,
  openQueryStore,
  type QueryStore,
  SPAN_A,
  stacksOf,
  TRACE,
  totalOf,
} from "../../test/query-store.ts";

let store: QueryStore;
beforeAll(async () => {
  store = await openQueryStore();
});
afterAll(() => store?.close());

describe("SelectMergeProfile", () => {
  beforeAll(async () => {
    await store.push(
      { service_name: "pprof" },
      `main@main.go:7;work@work.go:9|inlined@work.go:3 cpu=5 span_id="${SPAN_A}"
       main@main.go:7;work@work.go:9|inlined@work.go:3 cpu=2
       main@main.go:8;idle@work.go:20 cpu=1`,
    );
  });

  it("keeps lines, files and inlined calls", async () => {
    const profile = await store.querier.selectMergeProfile(stacksOf("pprof"));
    const text = (id: bigint) => profile.stringTable[Number(id)];
    const stacks = profile.sample.map(({ locationId, value }) => {
      const frames = locationId.flatMap((id) =>
        profile.location[Number(id) - 1]!.line.map(({ functionId, line }) => {
          const called = profile.function[Number(functionId) - 1]!;
          return `${text(called.name)}@${text(called.filename)}:${line}`;
        }),
      );
      return `${frames.join(";")} ${value}`;
    });
    expect(stacks.sort()).toEqual([
      "idle@work.go:20;main@main.go:8 1",
      "inlined@work.go:3;work@work.go:9;main@main.go:7 7",
    ]);
    expect(profile.sampleType).toHaveLength(1);
    expect(text(profile.defaultSampleType)).toBe("cpu");
  });

  it("has the samples of a trace, or of some profiles", async () => {
    const labels = { service_name: "selected" };
    await store.push(labels, `main;work cpu=5 trace_id="${TRACE}"\nmain cpu=3`);
    const of = async (selector: object) =>
      totalOf(await store.querier.selectMergeProfile({ ...stacksOf("selected"), ...selector }));
    const { series } = await store.querier.selectSeries({
      ...stacksOf("selected"),
      step: 1200,
      exemplarType: ExemplarType.INDIVIDUAL,
    });
    const { profileId } = series[0]!.points[0]!.exemplars[0]!;
    await store.push(labels, "main cpu=100", { atMs: base + 100_000 });
    expect(await of({})).toBe(108n);
    expect(await of({ profileIdSelector: [profileId] })).toBe(8n);
    expect(await of({ traceIdSelector: [TRACE] })).toBe(5n);
  });

  it("cut by nodes keeps the total", async () => {
    for (const maxNodes of [1n, 2n, 3n, 4n]) {
      expect(
        totalOf(await store.querier.selectMergeProfile({ ...stacksOf("pprof"), maxNodes })),
      ).toBe(8n);
    }
  });

  it("for Go's profile guided optimisation keeps callees", async () => {
    const profile = await store.querier.selectMergeProfile({
      ...stacksOf("pprof"),
      stackTraceSelector: { goPgo: { keepLocations: 1, aggregateCallees: true } },
    });
    expect(profile.sample.map(({ locationId }) => locationId.length)).toEqual([1, 1]);
    expect(profile.location.map(({ line }) => line[0]?.line)).toEqual([0n, 0n]);
  });

  it("is empty without data", async () => {
    expect((await store.querier.selectMergeProfile(stacksOf("nothing"))).stringTable).toEqual([]);
  });
});
