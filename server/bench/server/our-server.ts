import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../../test/start-server.ts";
import type { Contender } from "./contender.ts";
import { diskUsage } from "./disk-usage.ts";
import { mergedStoreBytes } from "./merge-store.ts";

const flags = [
  "-distributor.ingestion-rate-limit-mb=4000",
  "-distributor.ingestion-burst-size-mb=4000",
  "-log.level=info",
];

/** Starts our server on fresh data, with durability and every limit but the ingestion rate as by default. */
export async function startOurServer(): Promise<Contender> {
  return startOurServerOn(await mkdtemp(join(tmpdir(), "pyrospan-bench-")));
}

/** The same on data that is there already. */
export async function startOurServerOn(dataPath: string): Promise<Contender> {
  const startedMs = performance.now();
  const server = await startServer({ dataPath, flags });
  return {
    name: "ours",
    url: server.url,
    pid: server.pid,
    startMs: performance.now() - startedMs,
    bytesWritten: () => diskUsage(dataPath),
    stop: async () => {
      await server.stop();
    },
    bytesMerged: () => mergedStoreBytes(dataPath),
    remove: () => rm(dataPath, { recursive: true, force: true }),
  };
}
