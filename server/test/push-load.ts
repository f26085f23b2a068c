// A process that pushes as many writers do, for tests of load: what it takes itself is not measured as the server's.
import { create, toBinary } from "@bufbuild/protobuf";
import { PushRequestSchema } from "@pyrospan/wire";
import { Pool } from "undici";

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
  const pool = new Pool(plan.url, { connections: writers, pipelining: 1, headersTimeout: 60_000 });
  const bodyOf = pushBodies(plan);
  const acknowledged: string[] = [];
  const latenciesMs: number[] = [];
  const others: string[] = [];
  let refused = 0;
  const send = async (id: string): Promise<void> => {
    const startedAt = performance.now();
    const { status, retryAfter } = await post(pool, bodyOf(id)).catch((error: Error) => {
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
      await send(`${name}-${digits(writer)}-${digits(n)}`);
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  await pool.close();
  return { acknowledged, latenciesMs, refused, others };
}

async function post(pool: Pool, body: Uint8Array): Promise<{ status: number; retryAfter: string }> {
  const {
    statusCode,
    headers,
    body: answer,
  } = await pool.request({
    method: "POST",
    path: "/push.v1.PusherService/Push",
    headers: { "content-type": "application/proto" },
    body,
  });
  await answer.dump();
  return { status: statusCode, retryAfter: String(headers["retry-after"] ?? "") };
}

/** Makes the bodies of a plan: all are one message but for the value of `push`, which is written over. */
function pushBodies({ name, rawProfile }: LoadPlan): (id: string) => Uint8Array {
  const placeholder = `${name}-${digits(0)}-${digits(0)}`;
  const labels = { __name__: "process_cpu", service_name: name, push: placeholder };
  const message = create(PushRequestSchema, {
    series: [
      {
        labels: Object.entries(labels).map(([name, value]) => ({ name, value })),
        samples: [{ rawProfile }],
      },
    ],
  });
  const template = Buffer.from(toBinary(PushRequestSchema, message));
  const at = template.indexOf(placeholder);
  return (id) => {
    const body = Buffer.from(template);
    body.write(id, at, "latin1");
    return body;
  };
}

/** Always as long: bodies differ in nothing but digits. */
function digits(n: number): string {
  return String(n).padStart(6, "0");
}
