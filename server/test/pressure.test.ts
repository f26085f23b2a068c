import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, type ClientRequest, request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { PushRequestSchema } from "@pyrospan/wire";
import { afterEach, describe, expect, test } from "vitest";
import { type Clients, connectClients, push, recent, seriesTotal } from "./client.ts";
import { peakResidentBytes, residentBytes, tellsMemory } from "./process-memory.ts";
import { cpuProfile } from "./profile-bytes.ts";
import { RawClient } from "./raw-http.ts";
import { startServer, type TestServer } from "./start-server.ts";

const cpuType = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
const mib = 1024 * 1024;

/** A load that does not run into the rate limit, which has tests of its own. */
const noRateLimit = [
  "-distributor.ingestion-rate-limit-mb=4000",
  "-distributor.ingestion-burst-size-mb=4000",
];

describe("more than the server can take", () => {
  let server: TestServer | undefined;

  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  test("waiting profiles are bounded: 429, and exactly what was acknowledged is stored", async () => {
    server = await startServer({ flags: [...noRateLimit, "-ingest.max-waiting-mb=2"] });
    const { url, pid } = server;
    const clients = connectClients(url);
    await push(clients, labels("warm", "0"), bulkyProfile());
    const before = residentBytes(pid);
    let peak = before;
    const profile = bulkyProfile();
    const acknowledged = new Set<string>();
    const refusals: ConnectError[] = [];
    const flood = async (writer: number): Promise<void> => {
      const own = connectClients(url);
      for (let n = 0; n < 6; n++) {
        const id = `${writer}-${n}`;
        try {
          await push(own, labels("flood", id), profile);
          acknowledged.add(id);
        } catch (error) {
          refusals.push(ConnectError.from(error));
        }
        peak = Math.max(peak, residentBytes(pid));
      }
    };
    await Promise.all(Array.from({ length: 60 }, (_, writer) => flood(writer)));

    expect(refusals.length).toBeGreaterThan(0);
    expect(acknowledged.size).toBeGreaterThan(0);
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ code: Code.ResourceExhausted });
      expect(refusal.metadata.get("retry-after")).toMatch(/^\d+$/);
    }
    console.info(
      `flood: ${acknowledged.size} stored, ${refusals.length} refused, ` +
        `${Math.round((peak - before) / mib)} MiB more memory`,
    );
    expect(peak - before).toBeLessThan(400 * mib);
    expect(await storedPushes(clients, "flood", bulkyStacks)).toEqual([...acknowledged].sort());
    await push(clients, labels("after", "0"), profile);
    expect(await storedPushes(clients, "after", bulkyStacks)).toEqual(["0"]);
  });

  test("request bodies are bounded: 429, and the server goes on", async () => {
    server = await startServer({ flags: [...noRateLimit, "-server.max-body-memory-mb=1"] });
    const clients = connectClients(server.url);
    const body = pushBody("bodies", randomBytes(600 * 1024));
    const open = await Promise.all(
      Array.from({ length: 4 }, () => beginPush(server!.url, body.length, new Agent())),
    );
    // Nobody is done before everybody has sent most of it.
    for (const { outgoing } of open) outgoing.write(body.subarray(0, body.length - 1));
    for (const { outgoing } of open) outgoing.end(body.subarray(body.length - 1));
    const statuses = await Promise.all(
      open.map(({ answer }) => answer.then(({ status }) => status)),
    );
    expect(statuses).toContain(429);
    await push(clients, labels("after", "0"), cpuProfile([{ stack: "a", values: [1] }]));
    expect(await storedPushes(clients, "after", 1)).toEqual(["0"]);
  });
});

describe.skipIf(!tellsMemory)("small messages that inflate to large ones", () => {
  /** Some kilobytes that become 47 MiB: a profile of nothing but zeros. */
  const bomb = gzipSync(pushBody("bomb", Buffer.alloc(47 * mib)));
  const frame = Buffer.concat([Buffer.from([1, 0, 0, 0, 0]), bomb]);
  frame.writeUInt32BE(bomb.length, 1);
  const connect = { "Content-Type": "application/proto", "Content-Encoding": "gzip" };
  const grpcWeb = { "Content-Type": "application/grpc-web", "Grpc-Encoding": "gzip" };

  test.each<[string, Record<string, string>, Buffer, string]>([
    ["Connect", connect, bomb, "429"],
    ["gRPC-Web", grpcWeb, frame, "8"],
  ])("%s: memory is bounded, and good pushes work", async (_name, headers, body, busy) => {
    const limits = ["-server.max-body-memory-mb=64", "-distributor.ingestion-body-limit-mb=48"];
    const server = await startServer({ flags: [...noRateLimit, ...limits] });
    const raw = new RawClient(server.url);
    const clients = connectClients(server.url);
    await push(clients, labels("warm", "0"), bulkyProfile());
    const before = peakResidentBytes(server.pid);
    const path = "/push.v1.PusherService/Push";
    const answers = await Promise.all(
      Array.from({ length: 24 }, () => raw.http1({ method: "POST", path, headers, body })),
    );
    raw.close();
    const grown = peakResidentBytes(server.pid) - before;
    const told = answers.map(({ status, headers }) => headers["grpc-status"] ?? String(status));
    console.info(`24 times 47 MiB: ${Math.round(grown / mib)} MiB more memory, ${told}`);
    expect(grown).toBeLessThan(400 * mib);
    const turnedAway = answers.filter((_, n) => told[n] === busy);
    expect(turnedAway.length).toBeGreaterThan(12);
    for (const { headers } of turnedAway) expect(headers["retry-after"]).toMatch(/^\d+$/);
    await push(clients, labels("after", "0"), bulkyProfile());
    expect(await storedPushes(clients, "after", bulkyStacks)).toEqual(["0"]);
    await server.stop();
  });
});

describe("SIGTERM", () => {
  test("pushes in flight are answered and stored, then the process ends with 0", async () => {
    const server = await startServer({ flags: noRateLimit });
    const agent = new Agent();
    const bodies = Array.from({ length: 20 }, (_, n) =>
      pushBody("drain", cpuProfile([{ stack: "main;work", values: [1] }]), String(n)),
    );
    // The server has seen the head of every request, and waits for the bodies.
    const open = await Promise.all(bodies.map((body) => beginPush(server.url, body.length, agent)));
    server.signal("SIGTERM");
    await server.logged("server stopping");
    for (const [n, { outgoing }] of open.entries()) outgoing.end(bodies[n]);
    const answers = await Promise.all(open.map(({ answer }) => answer));
    expect(answers.map(({ status, text }) => `${status} ${text}`)).toEqual(
      bodies.map(() => "200 "),
    );
    expect(await server.exited).toEqual({ code: 0, signal: null });

    const again = await startServer({ dataPath: server.dataPath });
    const clients = connectClients(again.url);
    expect((await storedPushes(clients, "drain", 1)).length).toBe(bodies.length);
    await again.stop();
    await server.stop();
  });

  test("before it stops listening it says that it is not ready", async () => {
    const server = await startServer({ flags: ["-shutdown-delay=1s"] });
    server.signal("SIGTERM");
    let status = 200;
    while (status === 200) status = (await fetch(`${server.url}/ready`)).status;
    expect(status).toBe(503);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    await server.stop();
  });
});

describe("a client that leaves", () => {
  test("ends its statement", async () => {
    const server = await startServer({ flags: [...noRateLimit, "-storage.readers=1"] });
    const clients = connectClients(server.url);
    for (let n = 0; n < 8; n++) await push(clients, labels("big", String(n)), bulkyProfile());
    const query = {
      profileTypeID: cpuType,
      labelSelector: '{service_name="big"}',
      maxNodes: 1_048_576n,
      ...recent(),
    };
    const total = await seriesTotal(clients, cpuType, query.labelSelector);

    const controller = new AbortController();
    const left = Array.from({ length: 50 }, () =>
      clients.querier.selectMergeStacktraces(query, { signal: controller.signal }).then(
        () => "answered",
        (error) => Code[ConnectError.from(error).code],
      ),
    );
    // The server takes requests in their order, so by now it has begun with those above.
    await fetch(`${server.url}/ready`);
    controller.abort();
    const outcomes = await Promise.all(left);
    expect(outcomes.filter((outcome) => outcome === "Canceled").length).toBeGreaterThan(40);

    // Each is over for the server too, most of them because the client left.
    const route = 'route="querier_v1_querierservice_selectmergestacktraces"';
    let ended = 0;
    while (ended < left.length) ended = await countOf(server.url, [route]);
    expect(await countOf(server.url, [route, 'status_code="499"'])).toBeGreaterThan(40);
    expect(await seriesTotal(clients, cpuType, query.labelSelector)).toBe(total);
    await server.stop();
  });
});

function labels(service: string, id: string): Record<string, string> {
  return { __name__: "process_cpu", service_name: service, push: id };
}

const bulkyStacks = 4000;

/** About half a megabyte that does not compress well: stacks of their own, with the value 1. */
function bulkyProfile(): Uint8Array {
  const samples = Array.from({ length: bulkyStacks }, () => ({
    stack: `main;serve;${randomBytes(24).toString("base64")}`,
    values: [1],
  }));
  return cpuProfile(samples);
}

function pushBody(service: string, rawProfile: Uint8Array, id = "0"): Buffer {
  const pairs = Object.entries(labels(service, id)).map(([name, value]) => ({ name, value }));
  const message = create(PushRequestSchema, {
    series: [{ labels: pairs, samples: [{ rawProfile }] }],
  });
  return Buffer.from(toBinary(PushRequestSchema, message));
}

/** Begins a push and resolves when the server asks for its body. A connection that breaks counts as status 0. */
async function beginPush(
  url: string,
  length: number,
  agent: Agent,
): Promise<{ outgoing: ClientRequest; answer: Promise<{ status: number; text: string }> }> {
  const outgoing = httpRequest(`${url}/push.v1.PusherService/Push`, {
    method: "POST",
    agent,
    headers: {
      "Content-Type": "application/proto",
      "Content-Length": length,
      Expect: "100-continue",
    },
  });
  const answer = once(outgoing, "response").then(
    async ([incoming]) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString("utf8");
      return { status: incoming.statusCode as number, text };
    },
    (error) => ({ status: 0, text: String(error) }),
  );
  // The answer may come before all of the body is out; what happens to the rest does not matter then.
  outgoing.on("error", () => {});
  outgoing.flushHeaders();
  await once(outgoing, "continue");
  return { outgoing, answer };
}

/** Values of the label `push` of everything stored for a service, each of which must be there once. `sumOfOne` is that of the values of each push. */
async function storedPushes(
  clients: Clients,
  service: string,
  sumOfOne: number,
): Promise<string[]> {
  const { series } = await clients.querier.selectSeries({
    profileTypeID: cpuType,
    labelSelector: `{service_name="${service}"}`,
    groupBy: ["push"],
    step: 60,
    ...recent(),
  });
  const ids = series.map((entry) => entry.labels[0]?.value ?? "");
  const sums = series.map(({ points }) => points.reduce((sum, { value }) => sum + value, 0));
  expect(sums).toEqual(sums.map(() => sumOfOne));
  return ids.sort();
}

/** Number of finished requests whose metric has all of these labels. */
async function countOf(url: string, labels: readonly string[]): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  let count = 0;
  for (const line of text.split("\n")) {
    if (!line.startsWith("pyroscope_request_duration_seconds_count{")) continue;
    if (labels.every((label) => line.includes(label))) count += Number(line.split(" ").at(-1));
  }
  return count;
}
