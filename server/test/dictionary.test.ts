import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openEngine } from "../src/store/engine.ts";
import { bigintsOf, decodeNative } from "../src/store/native-reader.ts";
import { type Clients, connectClients, push, recent } from "./client.ts";
import { type Frames, framesOf } from "./frames.ts";
import { cpuType } from "./ledger.ts";
import { cpuProfile, type SampleText } from "./profile-bytes.ts";
import { startServer, type TestServer } from "./start-server.ts";

/** Small enough that a few profiles fill it. */
const flags = [
  "-ingest.dictionary-mb=0.125",
  "-ingest.workers=1",
  "-distributor.ingestion-rate-limit-mb=4000",
];
const services = ["one", "two", "three"];

/** What every service should have: total by stack, frames joined by semicolons. */
class Model {
  private readonly totals = new Map<string, Map<string, bigint>>();

  add(service: string, samples: readonly SampleText[]): void {
    const stacks = this.totals.get(service) ?? new Map<string, bigint>();
    this.totals.set(service, stacks);
    for (const { stack, values } of samples) {
      const key = stack as string;
      stacks.set(key, (stacks.get(key) ?? 0n) + BigInt(values[0]!));
    }
  }

  /** Frames as a flame graph has them: one for each distinct path from the root. */
  frames(service: string): Frames {
    const frames = new Map<string, { total: bigint; self: bigint }>();
    for (const [stack, value] of this.totals.get(service) ?? []) {
      const names = stack.split(";");
      for (let depth = 1; depth <= names.length; depth++) {
        const path = names.slice(0, depth).join(";");
        const frame = frames.get(path) ?? { total: 0n, self: 0n };
        frame.total += value;
        if (depth === names.length) frame.self += value;
        frames.set(path, frame);
      }
    }
    return frames;
  }
}

describe("dictionary at its memory bound", () => {
  let dataPath: string;
  beforeAll(async () => {
    dataPath = await mkdtemp(join(tmpdir(), "pyrospan-dictionary-"));
  });
  afterAll(() => rm(dataPath, { recursive: true, force: true }));

  test("starts anew over and over without a wrong frame, across SIGKILL and restart", async () => {
    const model = new Model();
    let pushed = 0;
    let running: TestServer | undefined;
    onTestFinished(async () => {
      await running?.kill();
    });
    for (let life = 0; life < 3; life++) {
      const server = await startServer({ dataPath, flags });
      running = server;
      const clients = connectClients(server.url);
      // What an earlier life acknowledged, before this one has pushed anything.
      await verify(clients, model);
      for (let round = 0; round < 4; round++) {
        await Promise.all(
          Array.from({ length: 12 }, async () => {
            const n = pushed++;
            const service = services[n % services.length]!;
            const samples = samplesOf(n);
            await push(clients, labelsOf(service), cpuProfile(samples));
            model.add(service, samples);
          }),
        );
        // Between the rounds, so that the frames read so far meet the ones that come later.
        if (round % 2 === 0) await verify(clients, model);
      }
      await verify(clients, model);
      if (life === 1) expect(await server.stop()).toEqual({ code: 0, signal: null });
      else await killWhileBusy(server, clients, model);
    }
    const server = await startServer({ dataPath, flags });
    running = server;
    await verify(connectClients(server.url), model);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const opened = await partitions(dataPath);
    expect(opened).toBeGreaterThan(20);
    console.info(`dictionary: ${pushed} profiles, ${opened} partitions, every frame right`);
  }, 120_000);
});

/** Pushes without pause, and the process dies among them: those that were answered count, nothing is half there. */
async function killWhileBusy(server: TestServer, clients: Clients, model: Model): Promise<void> {
  // A service of its own, because a push that was not answered may be there or not.
  const service = `killed-${server.pid}`;
  services.push(service);
  let n = 0;
  const write = async (): Promise<void> => {
    for (;;) {
      const samples = samplesOf(100_000 + n++);
      try {
        await push(clients, labelsOf(service), cpuProfile(samples));
      } catch {
        return;
      }
      model.add(service, samples);
      // By now the others are on their way.
      void server.kill();
    }
  };
  await Promise.all([write(), write(), write(), write()]);
  await server.exited;
}

async function verify(clients: Clients, model: Model): Promise<void> {
  for (const service of services) {
    const { flamegraph } = await clients.querier.selectMergeStacktraces({
      profileTypeID: cpuType,
      labelSelector: `{service_name="${service}"}`,
      maxNodes: 1_048_576n,
      ...recent(),
    });
    const actual = framesOf(flamegraph);
    const expected = model.frames(service);
    if (service.startsWith("killed-")) expectAtLeast(actual, expected);
    else expect(sorted(actual)).toEqual(sorted(expected));
  }
}

/** All that was acknowledged is there, and what else is there has names of ours. */
function expectAtLeast(actual: Frames, expected: Frames): void {
  for (const [path, { total }] of expected) {
    expect(actual.get(path)?.total ?? 0n, path).toBeGreaterThanOrEqual(total);
  }
  for (const path of actual.keys()) expect(path).toMatch(framePattern);
}

/** Partitions in a store that no server has open. */
async function partitions(dataPath: string): Promise<number> {
  const engine = await openEngine(dataPath);
  try {
    const answer = await engine.query("SELECT uniqExact(partition) AS n FROM stacks");
    return Number(bigintsOf(decodeNative(answer), "n")[0]);
  } finally {
    await engine.close();
  }
}

function sorted(frames: Frames): string[] {
  return [...frames].map(([path, { total, self }]) => `${path} ${total} ${self}`).sort();
}

const framePattern = /^main(;(serve|layer\d+|work\d+_\d+|shared\d+))*$/;

/** New stacks in each profile, at several depths, beside some that all profiles share. */
function samplesOf(n: number): SampleText[] {
  const own = Array.from({ length: 250 }, (_, i) => ({
    stack: `main;serve;layer${i % 7};work${n}_${i};shared${i % 3};work${n}_${(i * 7) % 250}`,
    values: [1 + ((n + i) % 5)],
  }));
  const shared = Array.from({ length: 50 }, (_, i) => ({
    stack: `main;shared${i % 10};shared${i % 7}`,
    values: [2],
  }));
  return [...own, ...shared];
}

function labelsOf(service: string): Record<string, string> {
  return { __name__: "process_cpu", service_name: service };
}
