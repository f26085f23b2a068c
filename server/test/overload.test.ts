import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectClients, flameFacts, recent } from "./client.ts";
import { cpuType } from "./ledger.ts";
import { residentBytes } from "./process-memory.ts";
import { cpuProfile } from "./profile-bytes.ts";
import type { LoadPlan, LoadResult } from "./push-load.ts";
import { startServer } from "./start-server.ts";

/** `PYROSPAN_SOAK=1`: two minutes with the default bounds, and the times are held to their targets. */
const soak = process.env.PYROSPAN_SOAK === "1";
const overloadMs = soak ? 120_000 : 5000;
const normalMs = soak ? 20_000 : 2500;
const recoveryMs = soak ? 10_000 : 2500;
/** As many as it takes without refusing any, and enough that it refuses most. */
const normalWriters = soak ? 200 : 40;
const writers = soak ? 3000 : 800;
/** Random bytes in the name of a stack's leaf: with 14 a profile has 11 KB for a millisecond of work, like those of Go. */
const nameBytes = 14;
const stacks = soak ? 1600 : 240;
const flags = [
  "-distributor.ingestion-rate-limit-mb=4000",
  "-distributor.ingestion-burst-size-mb=4000",
  ...(soak ? [] : ["-ingest.max-waiting-mb=2"]),
];
const mib = 1024 * 1024;
/** What of a refused body was read last waits for V8's next collection: at most 64 KiB a connection. */
const memoryBound = 1152 * mib + writers * 64 * 1024;

describe("ten times more load than the server takes", () => {
  test(
    "memory stays bounded, the refused are told when to come back, the rest is stored once",
    async () => {
      const server = await startServer({ flags });
      onTestFinished(async () => {
        await server.stop();
      });
      const clients = connectClients(server.url);
      const samples = Array.from({ length: stacks }, (_, n) => ({
        stack: `main;serve;${randomBytes(nameBytes).toString("base64")};work_${n}`,
        values: [1],
      }));
      const rawProfile = gzipSync(cpuProfile(samples));
      const load = startLoad();
      const phase = (name: string, count: number, ms: number, periodMs = 0) => {
        return load({ url: server.url, name, rawProfile, writers: count, ms, periodMs });
      };

      await phase("warm", normalWriters, normalMs);
      const normal = await phase("normal", normalWriters, normalMs);
      const tenfold = (10 * normal.acknowledged.length) / normalMs;
      const before = residentBytes(server.pid);
      let peak = before;
      const watch = setInterval(() => {
        peak = Math.max(peak, residentBytes(server.pid));
      }, 50);
      const overload = await phase("overload", writers, overloadMs, writers / tenfold);
      const endedAt = performance.now();
      clearInterval(watch);

      // Back to normal within ten seconds, under the normal load.
      while ((await waitingBytes(server.url)) > 0);
      const drainedMs = performance.now() - endedAt;
      const recovery = await phase("recovery", normalWriters, recoveryMs - drainedMs);
      const after = await phase("after", normalWriters, normalMs);
      expect((await fetch(`${server.url}/ready`)).status).toBe(200);

      const offered = overload.acknowledged.length + overload.refused;
      console.info(
        `overload: ${offered} offered, ${overload.acknowledged.length} stored, ${overload.refused} refused; ` +
          `memory ${mebibytes(before)} -> ${mebibytes(peak)} MiB; nothing waits after ${Math.round(drainedMs)} ms`,
      );
      for (const [name, result] of Object.entries({ normal, overload, recovery, after })) {
        console.info(
          `  ${name}: p50 ${quantile(result, 0.5)} ms, p99 ${quantile(result, 0.99)} ms, ${result.refused} refused`,
        );
      }
      for (const { others } of [normal, overload, recovery, after]) expect(others).toEqual([]);
      expect([normal.refused, after.refused]).toEqual([0, 0]);
      expect(overload.acknowledged.length).toBeGreaterThan(0);
      expect(offered).toBeGreaterThan(overload.acknowledged.length * (soak ? 8 : 2));
      expect(peak).toBeLessThan(memoryBound);
      if (soak) {
        expect(drainedMs).toBeLessThan(recoveryMs);
        expect(quantile(overload, 0.99)).toBeLessThan(2 * quantile(normal, 0.99));
        expect(quantile(after, 0.99)).toBeLessThan(2 * quantile(normal, 0.99));
      }

      for (const [name, result] of Object.entries({ normal, overload, recovery, after })) {
        const query = { profileTypeID: cpuType, labelSelector: `{service_name="${name}"}` };
        const { series } = await clients.querier.selectSeries({
          ...query,
          groupBy: ["push"],
          step: 60,
          ...recent(),
        });
        expect(series.map(({ labels }) => labels[0]?.value).sort()).toEqual(
          [...result.acknowledged].sort(),
        );
        const sums = series.map(({ points }) => points.reduce((sum, { value }) => sum + value, 0));
        expect(new Set(sums)).toEqual(new Set([stacks]));
        const answer = await clients.querier.selectMergeStacktraces({ ...query, ...recent() });
        expect(flameFacts(answer.flamegraph).total).toBe(
          BigInt(result.acknowledged.length * stacks),
        );
      }
      expect(await server.stop()).toEqual({ code: 0, signal: null });
    },
    soak ? 400_000 : 120_000,
  );
});

/** Starts the process that pushes; the test ends it. */
function startLoad(): (plan: LoadPlan) => Promise<LoadResult> {
  const child = fork(join(import.meta.dirname, "push-load.ts"), {
    execPath: resolve(import.meta.dirname, "../../node_modules/.bin/node"),
    execArgv: ["--conditions=source"],
    serialization: "advanced",
  });
  onTestFinished(() => {
    child.kill();
  });
  const ended = once(child, "exit").then(() => {
    throw new Error("the process that pushes ended");
  });
  ended.catch(() => undefined);
  return async (plan) => {
    child.send(plan);
    const [result] = (await Promise.race([once(child, "message"), ended])) as [LoadResult];
    return result;
  };
}

async function waitingBytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^pyrospan_ingest_waiting_bytes (\d+)/m.exec(text)?.[1]);
}

function quantile({ latenciesMs }: LoadResult, q: number): number {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0);
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / mib);
}
