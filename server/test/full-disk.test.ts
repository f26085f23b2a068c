import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFailed, onTestFinished, test } from "vitest";
import { type Clients, connectClients } from "./client.ts";
import { createLedger, expectUnavailable, type Ledger, pushEntry, verifyLedger } from "./ledger.ts";
import { ballast, fillDisk, mountSmallDisk, withSmallSharedMemory } from "./mounts.ts";
import { cpuProfile } from "./profile-bytes.ts";
import { startServer, type TestServer } from "./start-server.ts";

const noRateLimit = [
  "-distributor.ingestion-rate-limit-mb=4000",
  "-distributor.ingestion-burst-size-mb=4000",
];
const disk = mountSmallDisk(96);
const sharedMemory = withSmallSharedMemory(260);
const notAllowed = "skipped: mounting a small file system takes root";

afterAll(() => disk?.unmount());

describe.skipIf(!disk)(`full disk${disk ? "" : ` (${notAllowed})`}`, () => {
  test("pushes are refused whole with 503, reads go on, and room makes all work again, after a restart too", async () => {
    const { path } = disk!;
    const dataPath = join(path, "data");
    await mkdir(dataPath);
    const ledger = createLedger("disk");
    let reserve = await ballast(path, 78);
    let server = await startServer({ dataPath, flags: noRateLimit });
    onTestFailed(() => printErrors(server));
    onTestFinished(async () => {
      await server.kill();
    });
    let clients = connectClients(server.url);

    await pushUntilRefused(clients, ledger, "first");
    // Small pushes and large ones, alone and together: some may still find room.
    await pushTogether(clients, ledger, "mixed");
    await verifyLedger(clients, ledger);

    let rest = await fillDisk(path);
    for (let n = 0; n < 3; n++) expectUnavailable(await pushEntry(clients, ledger, `full-${n}`));
    const ingest = await ingestOnce(server.url);
    expect(ingest.status).toBe(503);
    expect(ingest.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await ingest.json()).toMatchObject({ code: "unavailable" });
    await verifyLedger(clients, ledger);

    await rm(reserve);
    await rm(rest);
    await pushUntilStored(clients, ledger, "room");
    await verifyLedger(clients, ledger);

    reserve = await ballast(path, 60);
    await pushUntilRefused(clients, ledger, "second");
    rest = await fillDisk(path);
    await server.kill();
    server = await startServer({ dataPath, flags: noRateLimit });
    clients = connectClients(server.url);
    await verifyLedger(clients, ledger);
    expectUnavailable(await pushEntry(clients, ledger, "restarted"));
    await verifyLedger(clients, ledger);
    await rm(reserve);
    await rm(rest);
    await pushUntilStored(clients, ledger, "room-again");
    await verifyLedger(clients, ledger);

    expect(await server.stop()).toEqual({ code: 0, signal: null });
    server = await startServer({ dataPath, flags: noRateLimit });
    await verifyLedger(connectClients(server.url), ledger);
    await server.stop();
    console.info(
      `full disk: ${ledger.acknowledged.size} stored, ${ledger.refused.size} refused, none halfway`,
    );
  }, 180_000);
});

describe.skipIf(!sharedMemory)(
  `full memory file system${sharedMemory ? "" : ` (${notAllowed})`}`,
  () => {
    test("pushes go on over the disk while files of batches do not fit", async () => {
      const server = await startServer({ wrapper: sharedMemory!, flags: noRateLimit });
      onTestFinished(async () => {
        await server.stop();
      });
      const clients = connectClients(server.url);
      const ledger = createLedger("memory");
      const directory = `/proc/${server.pid}/root/dev/shm`;
      expect(await pushEntry(clients, ledger, "before")).toBeUndefined();
      await verifyLedger(clients, ledger);

      const rest = await fillDisk(directory);
      for (let n = 0; n < 3; n++) {
        await pushTogether(clients, ledger, `full-${n}`);
        await verifyLedger(clients, ledger);
      }
      // The disk of the data has room, and takes the files instead.
      expect(ledger.refused.size).toBe(0);
      await rm(rest);
      await pushUntilStored(clients, ledger, "room");
      await verifyLedger(clients, ledger);
      console.info(`full /dev/shm: ${ledger.acknowledged.size} stored by way of the disk`);
    }, 60_000);
  },
);

/** Large pushes, one after the other, until one is refused. */
async function pushUntilRefused(clients: Clients, ledger: Ledger, name: string): Promise<void> {
  for (let n = 0; ; n++) {
    const error = await pushEntry(clients, ledger, `${name}-${n}`, filler(4000));
    if (error === undefined) continue;
    expectUnavailable(error);
    return;
  }
}

/** A refused client tries again: there is room, so in the end it gets through. */
async function pushUntilStored(clients: Clients, ledger: Ledger, name: string): Promise<void> {
  for (let n = 0; ; n++) {
    const error = await pushEntry(clients, ledger, `${name}-${n}`);
    if (error === undefined) return;
    expectUnavailable(error);
  }
}

async function pushTogether(clients: Clients, ledger: Ledger, name: string): Promise<void> {
  const errors = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      pushEntry(clients, ledger, `${name}-${n}`, n % 3 === 0 ? filler(4000) : []),
    ),
  );
  for (const error of errors) if (error !== undefined) expectUnavailable(error);
}

/** What the server logged about failures, so that a red run says why. */
function printErrors({ log }: TestServer): void {
  const errors = log.filter(({ level }) => Number(level) >= 50);
  for (const line of errors.slice(-5)) console.error(JSON.stringify(line).slice(0, 2000));
}

function filler(stacks: number): string[] {
  return Array.from({ length: stacks }, () => randomBytes(48).toString("base64"));
}

function ingestOnce(url: string): Promise<Response> {
  return fetch(`${url}/ingest?name=refused&from=${Math.floor(Date.now() / 1000)}&format=pprof`, {
    method: "POST",
    body: cpuProfile([{ stack: "main;work", values: [1] }]) as Uint8Array<ArrayBuffer>,
  });
}
