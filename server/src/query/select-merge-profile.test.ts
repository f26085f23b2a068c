import type { Profile } from "@pyrospan/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openQueryStore, type QueryStore, SPAN_A, stacksOf } from "../../test/query-store.ts";

let store: QueryStore;
beforeAll(async () => {
  store = await openQueryStore();
});
afterAll(() => store?.close());

function totalOf(profile: Profile | undefined): bigint {
  return profile?.sample.reduce((sum, sample) => sum + (sample.value[0] ?? 0n), 0n) ?? 0n;
}

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
