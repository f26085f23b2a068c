import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { followMode } from "../src/collect/create-follower.ts";
import { resolveConfig } from "../src/config.ts";
import {
  createProfiler,
  type LabelSet,
  type Profiler,
  type PyroscopeConfig,
  withLabels,
} from "../src/index.ts";
import { Profiler as ProfilerClass } from "../src/profiler.ts";
import { VERSION } from "../src/version.ts";
import { burner } from "./attribution/burn.mjs";
import { samplesOf, startCaptureServer } from "./capture-server.mjs";
import { endHeapSampling } from "./end-heap-sampling.ts";
import { recordWarnings } from "./record-warnings.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function startProfiler(config: PyroscopeConfig = {}) {
  const server = await startCaptureServer();
  const { logger, warnings } = recordWarnings();
  const profiler: Profiler = createProfiler({
    appName: "test",
    serverAddress: server.url,
    flushIntervalMs: 60_000,
    logger,
    ...config,
  });
  profiler.start();
  open.push(
    () => server.close(),
    () => profiler.stop(),
  );
  const sumOf = (name: string, type: string, frame?: string, labels: LabelSet = {}): number =>
    server
      .profiles()
      .filter((one) => one.name === name)
      .flatMap(({ profile }) => samplesOf(profile, type))
      .filter((sample) => frame === undefined || sample.frames.includes(frame))
      .filter((sample) =>
        Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
      )
      .reduce((sum, sample) => sum + sample.count, 0);
  return { server, profiler, warnings, sumOf };
}

// V8 does not tell a profiler about loops that it compiled before the profiler started, so every test burns new code.
let tests = 0;
let burnName = "";
let burnCpu: (ms: number) => void;
beforeEach(() => {
  burnName = `burn_cpu_${tests++}`;
  burnCpu = burner(burnName);
});

function blockThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe("Profiler", () => {
  it("pushes wall, CPU and heap profiles under ids and labels that Grafana knows", async () => {
    const { server, profiler } = await startProfiler({ tags: { region: "eu" } });
    burnCpu(200);
    await profiler.flush();
    const profiles = server.profiles();
    const ids = profiles.map(({ name, profile }) => {
      const { strings, sampleTypes, periodType } = profile;
      const period = `${strings.get(periodType!.type)}:${strings.get(periodType!.unit)}`;
      return Array.from(sampleTypes.type, (type, i) => {
        return `${name}:${strings.get(type)}:${strings.get(sampleTypes.unit[i]!)}:${period}`;
      });
    });
    expect(ids.flat().sort()).toEqual([
      "memory:inuse_objects:count:space:bytes",
      "memory:inuse_space:bytes:space:bytes",
      "process_cpu:cpu:nanoseconds:cpu:nanoseconds",
      "process_cpu:samples:count:cpu:nanoseconds",
      "wall:samples:count:wall:nanoseconds",
      "wall:wall:nanoseconds:wall:nanoseconds",
    ]);
    for (const { labels, id } of profiles) {
      expect(labels).toMatchObject({
        service_name: "test",
        region: "eu",
        "otel.scope.version": VERSION,
        "process.runtime.name": "nodejs",
        "process.runtime.version": process.versions.node,
      });
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    }
  });

  it("stamps windows with when they began and how long they were", async () => {
    const before = Date.now();
    // A clock of which no two readings are the same: what is contiguous is so because it was read once.
    let ticks = 0;
    const read = Date.now;
    const clock = vi.spyOn(Date, "now").mockImplementation(() => read.call(Date) + ++ticks);
    open.push(async () => clock.mockRestore());
    const { server, profiler } = await startProfiler();
    burnCpu(100);
    await profiler.flush();
    burnCpu(50);
    await profiler.flush();
    const walls = server.profiles().filter(({ name }) => name === "wall");
    const [first, second] = walls.map(({ profile }) => profile);
    expect(Number(first!.timeNanos) / 1e6).toBeGreaterThanOrEqual(before);
    expect(Number(first!.durationNanos) / 1e6).toBeGreaterThanOrEqual(99);
    expect(second!.timeNanos).toBe(first!.timeNanos + first!.durationNanos);
  });

  it("measures CPU apart from wall time", async () => {
    const { profiler, sumOf } = await startProfiler();
    const before = process.cpuUsage();
    burnCpu(400);
    // On a busy machine less than 400 ms.
    const { user, system } = process.cpuUsage(before);
    blockThread(400);
    await profiler.flush();
    const wall = (frame: string) => sumOf("wall", "wall", frame) / 1e6;
    const cpu = (frame: string) => sumOf("process_cpu", "cpu", frame) / 1e6;
    expect(wall(burnName)).toBeGreaterThan(250);
    expect(wall("blockThread")).toBeGreaterThan(250);
    expect(cpu(burnName)).toBeGreaterThan((user + system) / 1_000 / 4);
    // One sample may carry what was burnt just before.
    expect(cpu("blockThread")).toBeLessThan(60);
  });

  it("accounts for all CPU time of the process", async () => {
    const { profiler, sumOf } = await startProfiler();
    await profiler.flush();
    const earlier = sumOf("process_cpu", "cpu");
    const start = process.cpuUsage();
    for (let i = 0; i < 10; i++) {
      burnCpu(60);
      await sleep(2);
    }
    const { user, system } = process.cpuUsage(start);
    await profiler.flush();
    const measured = (sumOf("process_cpu", "cpu") - earlier) / 1_000;
    expect(measured / (user + system)).toBeGreaterThan(0.8);
    expect(measured / (user + system)).toBeLessThan(1.2);
  });

  it("keeps labels and CPU time of work that blocks far longer than samples are due", async () => {
    // A hundred times as long as what is due between two collects.
    const wall = { samplingIntervalMicros: 2_000, samplingDurationMs: 6 };
    const { profiler, sumOf } = await startProfiler({ wall, heap: { enabled: false } });
    const before = process.cpuUsage();
    withLabels({ route: "/report" }, () => burnCpu(600));
    const { user, system } = process.cpuUsage(before);
    await profiler.flush();
    const samples = sumOf("wall", "samples", burnName);
    expect(samples).toBeGreaterThan(10);
    expect(sumOf("wall", "samples", burnName, { route: "/report" })).toBe(samples);
    const cpuMs = sumOf("process_cpu", "cpu", burnName, { route: "/report" }) / 1e6;
    expect(cpuMs).toBeGreaterThan((0.6 * (user + system)) / 1_000);
  });

  it("sends the samples of a run that is too short for a collect in between", async () => {
    const wall = { samplingIntervalMicros: 300_000 };
    const { profiler, sumOf } = await startProfiler({ wall, heap: { enabled: false } });
    burnCpu(700);
    await profiler.stop();
    expect(sumOf("wall", "samples", burnName)).toBeGreaterThan(0);
    expect(sumOf("process_cpu", "cpu", burnName)).toBeGreaterThan(0);
  });

  it("follows contexts the way this process runs them", () => {
    const onHooks = process.execArgv.includes("--no-async-context-frame");
    expect(followMode()).toBe(onHooks ? "hooks" : "frames");
  });

  it("keeps labels with their work across awaits", async () => {
    const { profiler, sumOf } = await startProfiler();
    const burners = { "/a": burner("burnA"), "/b": burner("burnB") };
    const work = (route: "/a" | "/b"): Promise<void> =>
      withLabels({ route }, async () => {
        for (let i = 0; i < 10; i++) {
          await sleep(1);
          burners[route](20);
        }
      });
    await Promise.all([work("/a"), work("/b")]);
    await profiler.flush();
    expect(sumOf("wall", "samples", "burnA", { route: "/a" })).toBeGreaterThan(5);
    expect(sumOf("wall", "samples", "burnB", { route: "/b" })).toBeGreaterThan(5);
    expect(sumOf("wall", "samples", "burnA", { route: "/b" })).toBe(0);
    expect(sumOf("wall", "samples", "burnB", { route: "/a" })).toBe(0);
  });

  it("leaves its own work out", async () => {
    const { server, profiler } = await startProfiler({
      wall: { samplingIntervalMicros: 500 },
      heap: { enabled: false },
    });
    for (let i = 0; i < 15; i++) {
      burnCpu(20);
      await profiler.flush();
    }
    const frames = server
      .profiles()
      .flatMap(({ profile }) => samplesOf(profile, "samples"))
      .filter(({ frames }) => !frames.includes("startCaptureServer"))
      .flatMap(({ frames }) => frames);
    expect(frames).toContain(burnName);
    expect(frames).not.toContain("walkTree");
    expect(frames).not.toContain("encodePprofSteps");
    expect(frames).not.toContain("encodePushRequest");
  });

  it("takes windows by itself, again and again", async () => {
    const { server } = await startProfiler({ flushIntervalMs: 100, heap: { enabled: false } });
    while (server.received.length < 3) {
      burnCpu(20);
      await sleep(1);
    }
    expect(server.profiles().filter(({ name }) => name === "wall").length).toBeGreaterThan(1);
  });

  it("takes windows by itself also when the clock of the wall stands still", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    open.push(async () => vi.useRealTimers());
    const { server } = await startProfiler({ flushIntervalMs: 100, heap: { enabled: false } });
    const giveUpMs = performance.now() + 20_000;
    while (server.received.length < 2 && performance.now() < giveUpMs) {
      burnCpu(20);
      await sleep(1);
    }
    expect(server.received.length).toBeGreaterThanOrEqual(2);
  });

  it("says so, and starts nothing, when it cannot send", () => {
    const { logger, warnings } = recordWarnings();
    const config = resolveConfig({}, {});
    const profiler = new ProfilerClass({ ...config, serverAddress: "nowhere", logger });
    profiler.start();
    expect(profiler.isRunning()).toBe(false);
    expect(warnings).toEqual(["pyrospan: open uploads failed: Invalid URL"]);
  });

  it("can be stopped and started again, each as often as one likes", async () => {
    const { server, profiler } = await startProfiler();
    profiler.start();
    burnCpu(50);
    const stopping = profiler.stop();
    expect(profiler.stop()).toBe(stopping);
    await stopping;
    await profiler.stop();
    const pushes = server.received.length;
    expect(pushes).toBe(1);
    await profiler.flush();
    expect(server.received).toHaveLength(pushes);
    profiler.start();
    burnCpu(50);
    await profiler.stop();
    expect(server.received).toHaveLength(2);
    expect(profiler.uploadStats()).toEqual({ sent: 1, dropped: 0, retries: 0, queued: 0 });
  });

  it("is stopped by the second stop when it was started while the first drains", async () => {
    const { server, profiler } = await startProfiler();
    burnCpu(50);
    const first = profiler.stop();
    profiler.start();
    expect(profiler.isRunning()).toBe(true);
    burnCpu(50);
    const second = profiler.stop();
    expect(profiler.isRunning()).toBe(false);
    expect(second).not.toBe(first);
    await second;
    expect(server.profiles().filter(({ name }) => name === "wall")).toHaveLength(2);
  });

  it("stops one kind and goes on with the other", async () => {
    const { server, profiler } = await startProfiler();
    burnCpu(50);
    await profiler.stop(["wall"]);
    expect(profiler.isRunning()).toBe(true);
    expect(server.profiles().map(({ name }) => name)).toContain("wall");
    const pushes = server.received.length;
    await profiler.flush();
    const names = server.profiles().map(({ name }) => name);
    expect(server.received.length).toBeGreaterThan(pushes);
    expect(names.at(-1)).toBe("memory");
    expect(names.filter((name) => name === "wall")).toHaveLength(1);
  });

  it("says so, and does not throw, when another profiler is in the way", async () => {
    const { warnings } = await startProfiler({ heap: { enabled: false } });
    const second = await startProfiler({ heap: { enabled: false } });
    expect(second.profiler.isRunning()).toBe(false);
    expect(second.warnings).toHaveLength(1);
    expect(second.warnings[0]).toContain("start wall failed");
    expect(warnings).toEqual([]);
  });

  it("gets over an inspector session that ends its heap sampling", async () => {
    const { profiler, warnings, sumOf } = await startProfiler({ wall: { enabled: false } });
    await endHeapSampling();
    await profiler.flush();
    await profiler.flush();
    const kept = Array.from({ length: 200_000 }, (_, i) => ({ i }));
    await profiler.flush();
    expect(kept).toHaveLength(200_000);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("another heap profiler ended ours");
    expect(sumOf("memory", "inuse_space")).toBeGreaterThan(1_000_000);
  });
});
