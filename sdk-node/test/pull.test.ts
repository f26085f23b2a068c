import { afterEach, describe, expect, it } from "vitest";
import { puller } from "../src/default-profiler.ts";
import pyroscope, { spanLink } from "../src/index.ts";
import { endHeapSampling } from "./end-heap-sampling.ts";
import { recordWarnings } from "./record-warnings.ts";

afterEach(async () => {
  delete spanLink().source;
  pyroscope.init();
});

/** Puts a source of spans in place that fails after the profiler has asked it so many times. */
function failAfter(times: number): void {
  let asked = 0;
  spanLink().source = {
    storage: () => {
      if (asked++ >= times) throw new Error("no storage");
      return undefined;
    },
    recordOf: () => undefined,
    resourceLabels: () => ({}),
  };
}

const A_MINUTE_MS = 60_000;

describe("a wall profile that is pulled", () => {
  it("is ended by stop, init and start, so that start has its own", async () => {
    const { logger, warnings } = recordWarnings();
    const config = { serverAddress: "http://127.0.0.1:9", heap: { enabled: false }, logger };
    pyroscope.init(config);
    const acts = [
      () => pyroscope.start(),
      () => void pyroscope.stop(),
      () => pyroscope.init(config),
      () => pyroscope.startWallProfiling(),
    ];
    for (const act of acts) {
      const pulled = puller().wall(A_MINUTE_MS);
      const failed = expect(pulled).rejects.toThrow("ended by init, start or stop");
      act();
      await failed;
      pyroscope.start();
      await expect(puller().wall(A_MINUTE_MS)).rejects.toThrow("another profiler");
      pyroscope.init(config);
    }
    expect(warnings.join()).not.toContain("start wall failed");
    await expect(puller().wall(10)).resolves.toBeInstanceOf(Uint8Array);
  });

  it("goes on where memory alone is started", async () => {
    const { logger } = recordWarnings();
    pyroscope.init({ serverAddress: "http://127.0.0.1:9", logger });
    const pulled = puller().wall(50);
    pyroscope.startHeapProfiling();
    await expect(pulled).resolves.toBeInstanceOf(Uint8Array);
  });

  it("fails, and nothing else does, when samples cannot be taken in between", async () => {
    const { logger, warnings } = recordWarnings();
    const wall = { samplingDurationMs: 20, samplingIntervalMicros: 1_000 };
    pyroscope.init({ wall, logger });
    failAfter(1);
    await expect(puller().wall(A_MINUTE_MS)).rejects.toThrow("no storage");
    expect(warnings).toEqual(["pyrospan: collect wall failed: no storage"]);
    delete spanLink().source;
    await expect(puller().wall(10)).resolves.toBeInstanceOf(Uint8Array);
  });

  it("leaves nothing behind when it cannot be started", async () => {
    failAfter(0);
    await expect(puller().wall(A_MINUTE_MS)).rejects.toThrow("no storage");
    delete spanLink().source;
    await expect(puller().wall(10)).resolves.toBeInstanceOf(Uint8Array);
  });
});

describe("setLogger", () => {
  const { logger: earlier, warnings: unexpected } = recordWarnings();

  it.each([
    ["before", (act: () => void) => act()],
    ["after", (act: () => void) => puller().heap().then(act)],
  ])("has a say in pulled profiles %s the first is pulled", async (_when, when) => {
    const { logger, warnings } = recordWarnings();
    pyroscope.init({ logger: earlier });
    await when(() => pyroscope.setLogger(logger));
    await puller().heap();
    await endHeapSampling();
    await expect(puller().heap()).rejects.toThrow("another heap profiler");
    expect([warnings.length, unexpected.length]).toEqual([1, 0]);
  });
});
