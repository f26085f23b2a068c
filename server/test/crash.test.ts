import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Clients, connectClients, flameFacts, push, recent } from "./client.ts";
import { profileBytes } from "./profile-bytes.ts";
import { startServer, type TestServer } from "./start-server.ts";

const rounds = 20;
/** Writers of every other round: few, and so many that batches are large and jobs wait for the threads. */
const crowds = [8, 200] as const;
const valuePerPush = 7;
const countType = "process_cpu:samples:count:cpu:nanoseconds";
const cpuType = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";

/** Pushes of one round by their id. */
interface Round {
  readonly service: string;
  readonly acknowledged: Set<string>;
  readonly sent: Set<string>;
}

describe("SIGKILL under load", () => {
  const done: Round[] = [];
  const starts: number[] = [];
  let dataPath: string;

  beforeAll(async () => {
    dataPath = await mkdtemp(join(tmpdir(), "pyrospan-crash-"));
  });

  afterAll(async () => {
    await rm(dataPath, { recursive: true, force: true });
  });

  test(`nothing acknowledged is missing or doubled after ${rounds} kills at random moments`, async () => {
    for (let i = 0; i < rounds; i++) {
      // Sometimes the process also dies while it opens what the last one left.
      if (i % 4 === 3) await killWhileOpening(dataPath);
      const server = await timedStart();
      if (i > 0) await verify(connectClients(server.url), done[i - 1]!);
      done.push(await loadAndKill(server, i));
    }
    const server = await timedStart();
    const clients = connectClients(server.url);
    for (const round of done) await verify(clients, round);
    await server.stop();
    const acknowledged = done.reduce((sum, round) => sum + round.acknowledged.size, 0);
    const sent = done.reduce((sum, round) => sum + round.sent.size, 0);
    expect(acknowledged).toBeGreaterThan(rounds);
    console.info(
      `${rounds} kills: ${sent} pushes sent, ${acknowledged} acknowledged, all there once; ` +
        `open again in ${Math.round(Math.max(...starts))} ms at most`,
    );
  }, 180_000);

  async function timedStart(): Promise<TestServer> {
    const started = performance.now();
    const server = await startServer({
      dataPath,
      flags: ["-distributor.ingestion-rate-limit-mb=4000"],
    });
    starts.push(performance.now() - started);
    return server;
  }
});

/** Writers push without pause until the process is killed, at a moment that is random against its batches. */
async function loadAndKill(server: TestServer, index: number): Promise<Round> {
  const round: Round = { service: `crash-${index}`, acknowledged: new Set(), sent: new Set() };
  const writers = crowds[index % crowds.length]!;
  const wanted = 1 + Math.floor(Math.random() * 4 * writers);
  let killed = false;
  const write = async (writer: number): Promise<void> => {
    const clients = connectClients(server.url);
    for (let n = 0; !killed; n++) {
      const id = `${index}-${writer}-${n}`;
      round.sent.add(id);
      try {
        await push(clients, labelsOf(round, id), profileOf(id));
      } catch {
        return;
      }
      round.acknowledged.add(id);
      if (round.acknowledged.size === wanted) {
        setTimeout(() => {
          killed = true;
          void server.kill();
        }, Math.random() * 80);
      }
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  await server.exited;
  return round;
}

async function killWhileOpening(dataPath: string): Promise<void> {
  const opening = startServer({
    dataPath,
    onSpawn: (kill) => setTimeout(kill, 150 + Math.random() * 700),
  });
  await opening.then(
    (server) => server.kill(),
    () => undefined,
  );
}

/** Every acknowledged push is there once, with its own symbols; any other is there once or not at all. */
async function verify(clients: Clients, { service, acknowledged, sent }: Round): Promise<void> {
  const labelSelector = `{service_name="${service}"}`;
  for (const profileTypeID of [countType, cpuType]) {
    const factor = profileTypeID === countType ? 1 : 10;
    const { series } = await clients.querier.selectSeries({
      profileTypeID,
      labelSelector,
      groupBy: ["push"],
      step: 60,
      ...recent(),
    });
    const stored = new Map(
      series.map(({ labels, points }) => [
        labels[0]?.value ?? "",
        points.reduce((sum, { value }) => sum + value, 0),
      ]),
    );
    expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
    const wrong = [...stored].filter(
      ([id, value]) => !sent.has(id) || value !== valuePerPush * factor,
    );
    expect(wrong).toEqual([]);
    const { flamegraph } = await clients.querier.selectMergeStacktraces({
      profileTypeID,
      labelSelector,
      ...recent(),
    });
    const { self } = flameFacts(flamegraph);
    const expected = [...stored.keys()].map((id) => [`work_${id}`, BigInt(valuePerPush * factor)]);
    expect([...self].sort()).toEqual(expected.sort());
  }
}

function labelsOf({ service }: Round, id: string): Record<string, string> {
  return { __name__: "process_cpu", service_name: service, push: id };
}

function profileOf(id: string): Uint8Array {
  return profileBytes({
    types: [
      ["samples", "count"],
      ["cpu", "nanoseconds"],
    ],
    periodType: ["cpu", "nanoseconds"],
    period: 10,
    samples: [{ stack: `main;serve;work_${id}`, values: [valuePerPush, valuePerPush * 10] }],
  });
}
