import { randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { PushRequestSchema } from "@pyrospan/wire";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectClients, flameFacts, recent } from "./client.ts";
import { cpuType } from "./ledger.ts";
import { residentBytes } from "./process-memory.ts";
import { cpuProfile } from "./profile-bytes.ts";
import { startServer } from "./start-server.ts";

/** `PYROSPAN_SOAK=1`: two minutes with the default bounds, and the times are held to their targets. */
const soak = process.env.PYROSPAN_SOAK === "1";
const overloadMs = soak ? 120_000 : 5000;
const normalMs = soak ? 20_000 : 2500;
/** As many as there is room for to wait, and enough that most have none. */
const normalWriters = soak ? 100 : 40;
const writers = soak ? 1000 : 400;
const stacks = soak ? 1600 : 240;
const flags = [
  "-distributor.ingestion-rate-limit-mb=4000",
  "-distributor.ingestion-burst-size-mb=4000",
  ...(soak ? [] : ["-ingest.max-waiting-mb=2"]),
];
const mib = 1024 * 1024;
const memoryBound = 1024 * mib;

/** Pushes of one phase. */
interface Phase {
  readonly acknowledged: string[];
  readonly latenciesMs: number[];
  refused: number;
  /** Answers that are neither: there must be none. */
  readonly others: string[];
}

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
        stack: `main;serve;${randomBytes(48).toString("base64")};work_${n}`,
        values: [1],
      }));
      const rawProfile = gzipSync(cpuProfile(samples));
      const agent = new Agent({ keepAlive: true, maxSockets: writers });

      const send = (id: string, phase: Phase): Promise<void> => {
        const startedAt = performance.now();
        return post(server.url, agent, pushBody(id, rawProfile)).then(({ status, retryAfter }) => {
          if (status === 200) {
            phase.acknowledged.push(id);
            phase.latenciesMs.push(performance.now() - startedAt);
          } else if (status === 429 && /^\d+$/.test(retryAfter)) phase.refused++;
          else phase.others.push(`${status}, Retry-After ${retryAfter}`);
        });
      };
      /** Each writer waits for its answer, and begins a push at most once in `periodMs`. */
      const load = async (
        name: string,
        count: number,
        ms: number,
        periodMs = 0,
      ): Promise<Phase> => {
        const phase: Phase = { acknowledged: [], latenciesMs: [], refused: 0, others: [] };
        const begin = performance.now();
        const write = async (writer: number): Promise<void> => {
          let next = begin + (periodMs * writer) / count;
          for (let n = 0; ; n++) {
            const now = performance.now();
            if (now > begin + ms) return;
            if (next > now) await new Promise((done) => setTimeout(done, next - now));
            next = Math.max(next, now) + periodMs;
            await send(`${name}-${writer}-${n}`, phase);
          }
        };
        await Promise.all(Array.from({ length: count }, (_, writer) => write(writer)));
        return phase;
      };

      await load("warm", normalWriters, normalMs);
      const normal = await load("normal", normalWriters, normalMs);
      const tenfold = (10 * normal.acknowledged.length) / normalMs;
      const before = residentBytes(server.pid);
      let peak = before;
      const watch = setInterval(() => {
        peak = Math.max(peak, residentBytes(server.pid));
      }, 50);
      const overload = await load("overload", writers, overloadMs, writers / tenfold);
      const endedAt = performance.now();
      clearInterval(watch);

      // Back to normal: nothing waits, and a client that sends one profile after the other is never refused.
      while ((await waitingBytes(server.url)) > 0);
      const recoveredMs = performance.now() - endedAt;
      const after = await load("after", normalWriters, normalMs);
      expect((await fetch(`${server.url}/ready`)).status).toBe(200);

      const offered = overload.acknowledged.length + overload.refused;
      console.info(
        `overload: ${offered} offered, ${overload.acknowledged.length} stored, ${overload.refused} refused; ` +
          `memory ${mebibytes(before)} -> ${mebibytes(peak)} MiB; nothing waits after ${Math.round(recoveredMs)} ms`,
      );
      for (const [name, phase] of Object.entries({ normal, overload, after })) {
        console.info(`  ${name}: p50 ${quantile(phase, 0.5)} ms, p99 ${quantile(phase, 0.99)} ms`);
      }
      for (const phase of [normal, overload, after]) expect(phase.others).toEqual([]);
      expect([normal.refused, after.refused]).toEqual([0, 0]);
      expect(overload.acknowledged.length).toBeGreaterThan(0);
      expect(offered).toBeGreaterThan(overload.acknowledged.length * (soak ? 8 : 2));
      expect(peak).toBeLessThan(memoryBound);
      if (soak) {
        expect(recoveredMs).toBeLessThan(10_000);
        expect(quantile(overload, 0.99)).toBeLessThan(2 * quantile(normal, 0.99));
        expect(quantile(after, 0.99)).toBeLessThan(2 * quantile(normal, 0.99));
      }

      for (const [name, phase] of Object.entries({ normal, overload, after })) {
        const query = { profileTypeID: cpuType, labelSelector: `{service_name="${name}"}` };
        const { series } = await clients.querier.selectSeries({
          ...query,
          groupBy: ["push"],
          step: 60,
          ...recent(),
        });
        expect(series.map(({ labels }) => labels[0]?.value).sort()).toEqual(
          [...phase.acknowledged].sort(),
        );
        const sums = series.map(({ points }) => points.reduce((sum, { value }) => sum + value, 0));
        expect(new Set(sums)).toEqual(new Set([stacks]));
        const answer = await clients.querier.selectMergeStacktraces({ ...query, ...recent() });
        expect(flameFacts(answer.flamegraph).total).toBe(
          BigInt(phase.acknowledged.length * stacks),
        );
      }
      agent.destroy();
      expect(await server.stop()).toEqual({ code: 0, signal: null });
    },
    soak ? 400_000 : 120_000,
  );
});

function pushBody(id: string, rawProfile: Uint8Array): Uint8Array {
  const labels = {
    __name__: "process_cpu",
    service_name: id.slice(0, id.indexOf("-")),
    push: id,
  };
  const message = create(PushRequestSchema, {
    series: [
      {
        labels: Object.entries(labels).map(([name, value]) => ({ name, value })),
        samples: [{ rawProfile }],
      },
    ],
  });
  return toBinary(PushRequestSchema, message);
}

/** One request over a kept connection; `fetch` is too slow to overload anything. */
function post(
  url: string,
  agent: Agent,
  body: Uint8Array,
): Promise<{ status: number; retryAfter: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${url}/push.v1.PusherService/Push`,
      {
        method: "POST",
        agent,
        headers: { "Content-Type": "application/proto", "Content-Length": body.length },
      },
      (incoming) => {
        incoming.resume();
        incoming.on("end", () => {
          const retryAfter = incoming.headers["retry-after"] ?? "";
          resolve({ status: incoming.statusCode ?? 0, retryAfter });
        });
        incoming.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function waitingBytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^pyrospan_ingest_waiting_bytes (\d+)/m.exec(text)?.[1]);
}

function quantile({ latenciesMs }: Phase, q: number): number {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0);
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / mib);
}
