// The load process: makes bodies and sends them, so that neither costs the process that measures anything.
import { setTimeout as delay } from "node:timers/promises";
import { Pool } from "undici";
import { prepareBodies } from "./bodies.ts";
import type { LoadAnswer, LoadCommand, SendPlan, SendResult } from "./load-protocol.ts";

let bodies: readonly Uint8Array[] = [];

process.on("message", (command: LoadCommand) => {
  answer(command).then(
    (message) => process.send!(message),
    (error: unknown) =>
      process.send!({ kind: "failed", message: String(error) } satisfies LoadAnswer),
  );
});

async function answer(command: LoadCommand): Promise<LoadAnswer> {
  switch (command.kind) {
    case "prepare": {
      const prepared = prepareBodies(command.plan);
      bodies = prepared.bodies;
      return { kind: "prepared", facts: prepared.facts };
    }
    case "send":
      return { kind: "sent", result: await send(bodies, command.send) };
  }
}

async function send(toSend: readonly Uint8Array[], plan: SendPlan): Promise<SendResult> {
  const pool = new Pool(plan.url, { connections: plan.writers, pipelining: 1 });
  const latencies: number[] = [];
  const refused: Record<number, number> = {};
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  let next = 0;

  const push = async (body: Uint8Array): Promise<void> => {
    const sentMs = performance.now();
    const status = await post(pool, body);
    if (status === 200) latencies.push(performance.now() - sentMs);
    else refused[status] = (refused[status] ?? 0) + 1;
  };
  const writer = async (): Promise<void> => {
    while (next < toSend.length) {
      const body = toSend[next]!;
      const index = next++;
      if (plan.ratePerSecond !== undefined) {
        const dueMs = startMs + (index * 1000) / plan.ratePerSecond;
        await delay(Math.max(0, dueMs - performance.now()));
      }
      if (plan.maxMs !== undefined && performance.now() - startMs > plan.maxMs) return;
      await push(body);
    }
  };
  await Promise.all(Array.from({ length: plan.writers }, writer));

  const elapsedMs = performance.now() - startMs;
  const cpu = process.cpuUsage(cpuBefore);
  await pool.close();
  return {
    accepted: latencies.length,
    refused,
    elapsedMs,
    latenciesMs: Float64Array.from(latencies).sort(),
    loadCpuMs: (cpu.user + cpu.system) / 1000,
  };
}

/** Status of the answer, 0 when there was none. */
async function post(pool: Pool, body: Uint8Array): Promise<number> {
  try {
    const { statusCode, body: answerBody } = await pool.request({
      method: "POST",
      path: "/push.v1.PusherService/Push",
      headers: { "content-type": "application/proto", "connect-protocol-version": "1" },
      body,
    });
    await answerBody.dump();
    return statusCode;
  } catch {
    return 0;
  }
}
