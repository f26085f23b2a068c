import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEngine } from "../src/store/engine.ts";
import { type Clients, connectClients, flameFacts, push, type TimeRange } from "./client.ts";
import { cpuProfile } from "./profile-bytes.ts";
import { startServer, type TestServer } from "./start-server.ts";

const profileTypeID = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A full day in the past, so that no hour of it is still to come. */
const dayMs = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS;
/** Servers that are killed; the one after them is told to stop. */
const kills = 4;

let dataPath: string;

beforeAll(async () => {
  dataPath = await mkdtemp(join(tmpdir(), "pyrospan-roll-ups-"));
});

afterAll(async () => {
  await rm(dataPath, { recursive: true, force: true });
});

test("answers of hours and days are the same with and without sums by hour, after kills amid rounds", async () => {
  for (let n = 0; n <= kills; n++) {
    const server = await start("10ms");
    const clients = connectClients(server.url);
    // Pushed in an earlier life, so that rounds have nothing to do with it but to get it right.
    const before = n > 0 ? await answers(clients, `life-${n - 1}`) : undefined;
    const writers = Array.from({ length: 8 }, (_, w) => pushUntilKilled(server, `life-${n}`, w));
    for (let asked = 0; asked < 3 && n > 0; asked++) {
      expect(await answers(clients, `life-${n - 1}`)).toEqual(before);
    }
    setTimeout(() => server.signal(n < kills ? "SIGKILL" : "SIGTERM"), 300 + Math.random() * 300);
    await Promise.all(writers);
    const { code } = await server.exited;
    if (n === kills) expect(code).toBe(0);
    expect(server.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  }

  const services = Array.from({ length: kills + 1 }, (_, n) => `life-${n}`);
  const ask = async (server: TestServer): Promise<unknown[]> => {
    const clients = connectClients(server.url);
    const all: unknown[] = [];
    for (const service of services) all.push(await answers(clients, service));
    await server.stop();
    return all;
  };
  const without = await ask(await start("0s"));
  const server = await start("1h");
  await roundIsDone(server);
  expect(await ask(server)).toEqual(without);
  expect(await sumOf("hours")).toBe(await sumOf("profiles"));
}, 120_000);

function start(interval: string): Promise<TestServer> {
  return startServer({
    dataPath,
    flags: [
      `-storage.roll-up-interval=${interval}`,
      "-validation.reject-older-than=0",
      "-querier.max-query-lookback=0",
      "-querier.max-query-length=0",
      "-distributor.ingestion-rate-limit-mb=0",
    ],
  });
}

/** Pushes profiles of many stacks from anywhere in the day as long as the server takes them. */
async function pushUntilKilled(server: TestServer, service: string, writer: number): Promise<void> {
  const clients = connectClients(server.url);
  const labels = { __name__: "process_cpu", service_name: service, pod: `pod-${writer % 3}` };
  const samples = Array.from({ length: 200 }, (_, i) => ({
    stack: `main;serve_${i % 7};work_${(writer + i) % 120}`,
    values: [1 + i],
  }));
  for (;;) {
    const at = dayMs + Math.floor(Math.random() * DAY_MS);
    try {
      await push(clients, labels, cpuProfile(samples, at));
    } catch {
      return;
    }
  }
}

async function answers(clients: Clients, service: string): Promise<unknown[]> {
  const labelSelector = `{service_name="${service}"}`;
  const all: unknown[] = [];
  for (const range of ranges) {
    const query = { profileTypeID, labelSelector, ...range };
    const { flamegraph } = await clients.querier.selectMergeStacktraces(query);
    const { total, self } = flameFacts(flamegraph);
    const pod = { ...query, labelSelector: `{service_name="${service}", pod="pod-1"}` };
    const { sample } = await clients.querier.selectMergeProfile(pod);
    all.push(total, [...self].sort(), sample.map(({ value }) => value[0]).sort());
  }
  return all;
}

const ranges: readonly TimeRange[] = [
  [0, DAY_MS - 1],
  [HOUR_MS / 2, DAY_MS - HOUR_MS / 3],
  [5 * HOUR_MS, 9 * HOUR_MS],
  [-DAY_MS, 3.5 * HOUR_MS],
].map(([from, to]) => ({ start: BigInt(dayMs + from!), end: BigInt(dayMs + to!) }));

async function roundIsDone(server: TestServer): Promise<void> {
  let text = "";
  while (!/^pyrospan_roll_up_rounds_total\{result="done"\} 1$/m.test(text)) {
    text = await (await fetch(`${server.url}/metrics`)).text();
  }
}

async function sumOf(table: string): Promise<string> {
  const engine = await openEngine(dataPath);
  const answer = await engine.query(`SELECT sum(arraySum(value)) FROM ${table} FORMAT TSV`);
  await engine.close();
  return Buffer.from(answer).toString().trim();
}
