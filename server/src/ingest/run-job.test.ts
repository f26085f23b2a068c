import { encodePprof, ProfileBuilder } from "@pyrospan/pprof";
import { expect, it } from "vitest";
import { defaultLimits } from "../limits.ts";
import type { Job, UnitOutcome } from "./messages.ts";
import { OpenBatch } from "./open-batch.ts";
import { RateBuckets } from "./rate-limit.ts";
import { runJob } from "./run-job.ts";
import { SeriesResolver } from "./series-resolver.ts";
import type { WorkerState } from "./store-unit.ts";
import { SymbolPartitions } from "./symbol-partition.ts";

const mib = 1024 * 1024;
const LABELS = [
  ["__name__", "cpu"],
  ["service_name", "s"],
] as const;

it("does not pile up the symbols of refused profiles", () => {
  const state: WorkerState = {
    batch: new OpenBatch(),
    partitions: new SymbolPartitions(64 * mib),
    resolver: new SeriesResolver(mib),
  };
  let next = 0;
  const run = (lastLabel: string): UnitOutcome => {
    const builder = new ProfileBuilder({ sampleTypes: [{ type: "cpu", unit: "count" }] });
    for (let i = 0; i < 100; i++) {
      const name = String(next++).padStart(10_000, "f");
      const location = builder.location({
        lines: [{ function: builder.function({ name }), line: 1 }],
      });
      const str = i === 99 ? lastLabel : "";
      builder.sample([location], [1], builder.labelSet([{ key: "last", str }]));
    }
    const data = new Uint8Array(encodePprof(builder.finish()));
    const job: Job = {
      kind: "job",
      id: 1,
      tenant: "t",
      limits: { ...defaultLimits, ingestionRateBytes: 0 },
      limitsKey: "",
      bucket: new RateBuckets().of("t", 0),
      units: [{ labels: LABELS, source: "push" }],
      data,
      ends: [data.length],
    };
    return runJob(state, job, Date.now)[0]!;
  };
  const tooLong = "x".repeat(defaultLimits.maxLabelValueLength + 1);
  let most = 0;
  for (let i = 0; i < 40; i++) {
    expect(run(tooLong).result.ok).toBe(false);
    most = Math.max(most, state.batch.symbols.bytes);
  }
  expect(most).toBeGreaterThan(10 * mib);
  expect(most).toBeLessThan(18 * mib);
  const { result, samples, sampleBytes, decompressedBytes } = run("x");
  expect([result.ok, samples]).toEqual([true, 100]);
  // The rest are names of 10,000 letters each.
  expect(sampleBytes).toBeGreaterThan(1000);
  expect(sampleBytes).toBeLessThan(decompressedBytes - 1_000_000);
  expect(state.batch.sampleCount).toBe(100);
});
