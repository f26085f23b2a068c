import { afterEach, describe, expect, it } from "vitest";
import { createMetrics, type Metrics } from "./metrics.ts";

let metrics: Metrics | undefined;
afterEach(() => metrics?.close());

function start(): Metrics {
  metrics = createMetrics({ version: "1.2.3", revision: "abc", branch: "main" });
  return metrics;
}

/** Samples of the text format whose line starts with a name. */
async function samples(source: Metrics, name: string): Promise<string[]> {
  return (await source.text()).split("\n").filter((line) => line.startsWith(name));
}

const facts = {
  profileName: "process_cpu",
  compressedBytes: 100,
  decompressedBytes: 1000,
  samples: 10,
  sampleBytes: 300,
  workMs: 1,
};

describe("createMetrics", () => {
  it("tells the build", async () => {
    expect(await samples(start(), "pyroscope_build_info")).toEqual([
      expect.stringMatching(
        /version="1\.2\.3",revision="abc",branch="main",goversion="node.*\} 1$/,
      ),
    ]);
  });

  it("counts what is stored and what is thrown away", async () => {
    const target = start();
    target.unit?.("a", { ...facts, result: { ok: true, sizeBytes: 1 } });
    const refused = { ok: false, code: "invalid_argument", message: "", stage: "push" } as const;
    target.unit?.("a", { ...facts, result: { ...refused, reason: "samples_limit", sizeBytes: 7 } });
    target.unit?.("a", { ...facts, result: { ...refused, reason: undefined, sizeBytes: 7 } });
    target.discarded("body_size_limit_exceeded", "b", 5);
    expect(await samples(target, "pyroscope_discarded_bytes_total")).toEqual([
      'pyroscope_discarded_bytes_total{reason="samples_limit",tenant="a"} 7',
      'pyroscope_discarded_bytes_total{reason="body_size_limit_exceeded",tenant="b"} 5',
    ]);
    expect(await samples(target, "pyroscope_distributor_received_compressed_bytes_count")).toEqual([
      'pyroscope_distributor_received_compressed_bytes_count{type="process_cpu",tenant="a"} 3',
    ]);
  });

  it("tells the bytes of samples from those of symbols where they are known", async () => {
    const target = start();
    const result = { ok: true, sizeBytes: 1 } as const;
    target.unit?.("a", { ...facts, result });
    target.unit?.("a", { ...facts, result, sampleBytes: undefined });
    const sums = ["samples", "symbols"].map((what) => {
      return samples(target, `pyroscope_distributor_received_${what}_bytes_sum`);
    });
    const labels = '{type="process_cpu",tenant="a"}';
    expect(await Promise.all(sums)).toEqual([
      [`pyroscope_distributor_received_samples_bytes_sum${labels} 300`],
      [`pyroscope_distributor_received_symbols_bytes_sum${labels} 700`],
    ]);
  });

  it("does not grow with the names that clients think of", async () => {
    const target = start();
    for (let i = 0; i < 300; i++) {
      const result = { ok: true, sizeBytes: 1 } as const;
      target.unit?.("a", { ...facts, profileName: `name-${i}`, result });
    }
    const counts = await samples(target, "pyroscope_distributor_received_samples_count");
    expect(counts).toHaveLength(101);
    expect(counts.at(-1)).toContain('type="other",tenant="a"} 200');
  });

  it("asks for gauges when somebody looks", async () => {
    const target = start();
    let waitingBytes = 1;
    target.watchIngest(() => {
      return { expectedWaitMs: 1500, waitingBytes, waitingPushes: 2, workers: 3 };
    });
    waitingBytes = 5;
    expect(await samples(target, "pyrospan_ingest_")).toEqual(
      expect.arrayContaining([
        "pyrospan_ingest_expected_wait_seconds 1.5",
        "pyrospan_ingest_waiting_bytes 5",
        "pyrospan_ingest_workers 3",
      ]),
    );
    const code = "resource_exhausted";
    const refusal = { ok: false, code, message: "", sizeBytes: 0, holdMs: 0 } as const;
    target.refused?.("a", "waiting_time", { ...refusal, reason: undefined, stage: "push" });
    expect(await samples(target, "pyrospan_ingest_refused")).toEqual([
      'pyrospan_ingest_refused_pushes_total{reason="waiting_time"} 1',
    ]);
    expect(await samples(target, "pyrospan_event_loop_delay_seconds")).toHaveLength(4);
  });
});
