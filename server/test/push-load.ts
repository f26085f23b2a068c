// A process that pushes as many writers do, for tests of load: what it takes itself is not measured as the server's.
import { Agent, request } from "node:http";
import { create, toBinary } from "@bufbuild/protobuf";
import { PushRequestSchema } from "@pyrospan/wire";

/** Pushes of equal profiles by many writers, each of whom waits for its answer. */
export interface LoadPlan {
  readonly url: string;
  /** Name of the service, and with writer and number the value of label `push`. */
  readonly name: string;
  /** The profile, gzip or not. */
  readonly rawProfile: Uint8Array;
  readonly writers: number;
  readonly ms: number;
  /** A writer begins a push at most once in this time. */
  readonly periodMs: number;
}

/** What became of them. */
export interface LoadResult {
  /** Values of label `push`. */
  readonly acknowledged: readonly string[];
  /** Of the acknowledged. */
  readonly latenciesMs: readonly number[];
  /** Answered 429 with a whole number in Retry-After. */
  readonly refused: number;
  /** Answers that are neither. */
  readonly others: readonly string[];
}

process.on("message", (plan: LoadPlan) => {
  void pushAll(plan).then((result) => process.send!(result));
});

async function pushAll(plan: LoadPlan): Promise<LoadResult> {
  const { name, writers, ms, periodMs } = plan;
  const agent = new Agent({ keepAlive: true, maxSockets: writers });
  const acknowledged: string[] = [];
  const latenciesMs: number[] = [];
  const others: string[] = [];
  let refused = 0;
  const send = async (id: string): Promise<void> => {
    const startedAt = performance.now();
    const { status, retryAfter } = await post(plan, agent, id).catch((error: Error) => {
      return { status: 0, retryAfter: error.message };
    });
    if (status === 200) {
      acknowledged.push(id);
      latenciesMs.push(performance.now() - startedAt);
    } else if (status === 429 && /^\d+$/.test(retryAfter)) refused++;
    else others.push(`${status}, Retry-After ${retryAfter}`);
  };
  const begin = performance.now();
  const write = async (writer: number): Promise<void> => {
    let next = begin + (periodMs * writer) / writers;
    for (let n = 0; ; n++) {
      const now = performance.now();
      if (now > begin + ms) return;
      if (next > now) await new Promise((done) => setTimeout(done, next - now));
      next = Math.max(next, now) + periodMs;
      await send(`${name}-${writer}-${n}`);
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  agent.destroy();
  return { acknowledged, latenciesMs, refused, others };
}

/** One request over a kept connection; `fetch` is too slow to overload anything. */
function post(
  { url, name, rawProfile }: LoadPlan,
  agent: Agent,
  push: string,
): Promise<{ status: number; retryAfter: string }> {
  const body = pushBody({ __name__: "process_cpu", service_name: name, push }, rawProfile);
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

function pushBody(labels: Readonly<Record<string, string>>, rawProfile: Uint8Array): Uint8Array {
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
