import { afterEach, expect, test } from "vitest";
import { connectClients, flameFacts, push, recent } from "./client.ts";
import { cpuType } from "./ledger.ts";
import { residentBytes } from "./process-memory.ts";
import { cpuProfile } from "./profile-bytes.ts";
import { startServer, type TestServer } from "./start-server.ts";

const mib = 1024 * 1024;
const tenantCount = 1200;
/** Tenants after which memory should have stopped growing. */
const settledAt = 400;
const senders = 32;

let server: TestServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

test("tenants and services that come once and never again leave no memory behind", async () => {
  server = await startServer({
    flags: [
      "-auth.multitenancy-enabled=true",
      "-ingest.dictionary-mb=4",
      "-distributor.ingestion-burst-size-mb=4",
    ],
  });
  const { url, pid } = server;
  let settled = 0;
  let next = 0;
  const send = async (): Promise<void> => {
    for (;;) {
      const n = next++;
      if (n >= tenantCount) return;
      if (n === settledAt) settled = residentBytes(pid);
      await push(connectClients(url, tenantOf(n)), labelsOf(n), profileOf(n));
    }
  };
  await Promise.all(Array.from({ length: senders }, send));
  const last = residentBytes(pid);
  console.info(
    `${tenantCount} tenants: ${Math.round(settled / mib)} MiB after ${settledAt}, ${Math.round(last / mib)} MiB after all`,
  );
  // Their dictionaries alone would take 180 MiB more, beside what the engine and unused memory add.
  expect(last - settled).toBeLessThan(150 * mib);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(new Set(metrics.match(/tenant="[^"]*"/g)).size).toBeLessThanOrEqual(501);

  // The first ones, long forgotten, come back: what they have is right, and goes on being right.
  for (const n of [0, 1, tenantCount - 1]) {
    const clients = connectClients(url, tenantOf(n));
    for (const pushes of [1n, 2n]) {
      const { flamegraph } = await clients.querier.selectMergeStacktraces({
        profileTypeID: cpuType,
        labelSelector: `{service_name="service-${n}"}`,
        ...recent(),
      });
      const { self } = flameFacts(flamegraph);
      const expected = Array.from({ length: stacks }, (_, i) => [`work_${n}_${i}`, pushes]);
      expect([...self].sort()).toEqual(expected.sort());
      if (pushes === 1n) await push(clients, labelsOf(n), profileOf(n));
    }
  }
}, 180_000);

const stacks = 1000;

function tenantOf(n: number): string {
  return `tenant-${n}`;
}

function labelsOf(n: number): Record<string, string> {
  return { __name__: "process_cpu", service_name: `service-${n}` };
}

function profileOf(n: number): Uint8Array {
  return cpuProfile(
    Array.from({ length: stacks }, (_, i) => ({ stack: `main;serve;work_${n}_${i}`, values: [1] })),
  );
}
