import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Contender } from "./contender.ts";
import { diskUsage } from "./disk-usage.ts";

const readyWithinMs = 180_000;

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Starts the original in an empty folder, self profiling and usage reports off, and waits until it is ready (about a
 * minute). Its gRPC port is its default, 9095: only one can run at a time.
 */
export async function startPeerServer(binary: string): Promise<Contender> {
  const folder = await mkdtemp(join(tmpdir(), "pyrospan-bench-peer-"));
  const [port, gossipPort] = [await freePort(), await freePort()];
  const log = join(folder, "log");
  const descriptor = openSync(log, "w");
  const startedMs = performance.now();
  const child = spawn(
    resolve(binary),
    [
      "-target=all",
      "-architecture.storage=v2",
      `-server.http-listen-port=${port}`,
      `-memberlist.bind-port=${gossipPort}`,
      "-self-profiling.disable-push=true",
      "-usage-stats.enabled=false",
      "-log.level=warn",
      "-distributor.ingestion-rate-limit-mb=4000",
      "-distributor.ingestion-burst-size-mb=4000",
    ],
    { cwd: folder, stdio: ["ignore", descriptor, descriptor] },
  );
  running.add(child);
  let ended = false;
  const exited = once(child, "exit").then(() => {
    ended = true;
    running.delete(child);
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url))) {
    if (ended || performance.now() - startedMs > readyWithinMs) {
      throw new Error(
        `the peer did not become ready:\n${(await readFile(log, "utf8")).slice(-2000)}`,
      );
    }
    await delay(200);
  }
  return {
    name: "theirs",
    url,
    pid: child.pid!,
    startMs: performance.now() - startedMs,
    // Without its log of 64 MB, which it takes up in advance.
    bytesWritten: () => diskUsage(join(folder, "data/v2/shared/segments")),
    // Compacted blocks lie apart from the segments they were made of, which stay for 15 minutes.
    bytesCompacted: () => diskUsage(join(folder, "data/v2/shared/blocks")),
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/ready`);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
