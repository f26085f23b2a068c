import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { PushRequestSchema } from "@pyrospan/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Clients,
  connectClients,
  type FlameFacts,
  flameFacts,
  profileTypesOf,
  recent,
} from "./client.ts";
import { RawClient, type RawRequest } from "./raw-http.ts";
import { fixturesDir } from "./shared-data.ts";
import { startServer, type TestServer } from "./start-server.ts";

/** A line of `malformed/EXPECT.tsv`. */
interface Expectation {
  readonly file: string;
  readonly target: string;
  readonly contentType: string;
  readonly expected:
    | "accept"
    | "client-error"
    | "client-error-or-drop"
    | "limit"
    | "nothing-stored";
  /** Says what is right, and which totals are. */
  readonly text: string;
}

const goodTotal = 10_000_000n;
const mib = 1024 * 1024;

describe.skipIf(!fixturesDir)("malformed input (skipped without ../shared/fixtures)", () => {
  const dir = join(fixturesDir ?? "", "malformed");
  const cases = readExpectations(dir).flatMap((entry) =>
    routesOf(entry).map((route) => ({ ...entry, route })),
  );
  let server: TestServer;
  let raw: RawClient;
  let clients: Clients;

  beforeAll(async () => {
    server = await startServer({
      flags: [
        "-distributor.ingestion-rate-limit-mb=4000",
        "-distributor.ingestion-burst-size-mb=4000",
      ],
    });
    raw = new RawClient(server.url);
    clients = connectClients(server.url);
  });

  afterAll(async () => {
    raw?.close();
    await server?.stop();
  });

  test("there are cases", () => {
    expect(cases.length).toBeGreaterThan(90);
  });

  test.concurrent.each(cases)("$file by $route: $expected", async (entry) => {
    const service = serviceOf(entry);
    const response = await raw.http1(requestFor(entry, service));
    const body = Buffer.from(response.body).toString("utf8").slice(0, 300);
    const stored = await storedOf(service);
    const totals = [...stored.values()].map(({ total }) => total);

    expect(response.status, body).toBeLessThan(500);
    switch (entry.expected) {
      case "accept": {
        expect(response.status, body).toBe(200);
        const total = totalsIn(entry.text)[0];
        if (total !== undefined) expect(totals).toContain(total);
        break;
      }
      case "client-error":
      case "limit":
        expect(response.status, body).toBeGreaterThanOrEqual(400);
        expect(totals).toEqual([]);
        break;
      case "client-error-or-drop":
        if (response.status >= 400) expect(totals).toEqual([]);
        for (const total of totals) {
          const right = totalsIn(entry.text);
          expect(right.length > 0 ? right : [goodTotal]).toContain(total);
        }
        break;
      case "nothing-stored":
        expect(totals).toEqual([]);
        break;
    }
    await goodPush(`after-${service}`);
  });

  test("a stack of 1000 frames has 1000 levels", async () => {
    const facts = await pushed("pprof/depth-1000.pb.gz", "deep");
    expect(facts.levels).toBe(1000);
    expect([...facts.self]).toEqual([["depth_0000", 5n]]);
  });

  test("control characters of a function's name come back unchanged", async () => {
    const facts = await pushed("pprof/utf8-nul-and-control.pb", "control-characters");
    const names = [...facts.self.keys()].join();
    for (const char of ["\0", "\x1b", "\n", ";", " "]) expect(names).toContain(char);
  });

  test("the largest int64 comes back exactly", async () => {
    const facts = await pushed("pprof/value-int64-max.pb", "int64-max");
    expect(facts.total).toBe(2n ** 63n - 1n);
  });

  test.skipIf(!existsSync("/proc/self/clear_refs"))(
    "1 GiB of zeros in 1 MB of gzip does not grow the memory by more than 64 MiB",
    async () => {
      const bomb = readFileSync(join(dir, "pprof/bomb-1GiB-of-zeros.pb.gz"));
      for (let i = 0; i < 10; i++) await goodPush(`warm-${i}`);
      for (const route of ["push", "ingest"] as const) {
        const entry = { file: "bomb", target: "pprof", contentType: "", route };
        resetPeak(server.pid);
        const before = memoryOf(server.pid, "VmRSS");
        const started = performance.now();
        const response = await raw.http1(requestFor(entry, `bomb-${route}`, bomb));
        const elapsedMs = performance.now() - started;
        expect(response.status).toBe(route === "push" ? 400 : 422);
        const grown = memoryOf(server.pid, "VmHWM") - before;
        console.info(
          `bomb by ${route}: ${Math.round(grown / mib)} MiB, ${Math.round(elapsedMs)} ms`,
        );
        expect(grown).toBeLessThan(64 * mib);
      }
      await goodPush("after-the-bomb");
    },
  );

  async function goodPush(service: string): Promise<void> {
    const facts = await pushed("pprof/good.pb", service);
    expect(facts.total).toBe(goodTotal);
  }

  async function pushed(file: string, service: string): Promise<FlameFacts> {
    const entry = { file, target: "pprof", contentType: "", route: "push" as const };
    const response = await raw.http1(requestFor(entry, service));
    expect(response.status, Buffer.from(response.body).toString("utf8")).toBe(200);
    const [facts] = [...(await storedOf(service)).values()];
    return facts!;
  }

  async function storedOf(service: string): Promise<Map<string, FlameFacts>> {
    const stored = new Map<string, FlameFacts>();
    for (const profileTypeID of await profileTypesOf(clients, service)) {
      const { flamegraph } = await clients.querier.selectMergeStacktraces({
        profileTypeID,
        labelSelector: `{service_name="${service}"}`,
        ...recent(),
      });
      stored.set(profileTypeID, flameFacts(flamegraph));
    }
    return stored;
  }

  function requestFor(
    entry: Pick<Expectation, "file" | "target" | "contentType"> & { route: Route },
    service: string,
    content?: Uint8Array,
  ): RawRequest {
    const bytes = content ?? readFileSync(join(dir, entry.file));
    if (entry.route === "push JSON") {
      return {
        method: "POST",
        path: "/push.v1.PusherService/Push",
        headers: { "Content-Type": entry.contentType },
        body: Buffer.from(Buffer.from(bytes).toString("utf8").replace('"fixture"', `"${service}"`)),
      };
    }
    if (entry.route === "push") {
      const labels = [
        { name: "__name__", value: "process_cpu" },
        { name: "service_name", value: service },
      ];
      const request = create(PushRequestSchema, {
        series: [{ labels, samples: [{ rawProfile: bytes }] }],
      });
      return {
        method: "POST",
        path: "/push.v1.PusherService/Push",
        headers: { "Content-Type": "application/proto" },
        body: toBinary(PushRequestSchema, request),
      };
    }
    const format = entry.target === "pprof" ? "&format=pprof" : "";
    return {
      method: "POST",
      path: `/ingest?name=${service}${format}`,
      headers: entry.contentType ? { "Content-Type": entry.contentType } : {},
      body: bytes,
    };
  }
});

type Route = "push" | "ingest" | "push JSON";

/** How a file gets to the server; none for formats the server does not take yet. */
function routesOf({ target }: Expectation): Route[] {
  switch (target) {
    case "pprof":
      return ["push", "ingest"];
    case "push":
      return ["push JSON"];
    case "multipart":
      return ["ingest"];
    default:
      return [];
  }
}

function readExpectations(dir: string): Expectation[] {
  if (!existsSync(dir)) return [];
  const [, ...lines] = readFileSync(join(dir, "EXPECT.tsv"), "utf8").trim().split("\n");
  return lines.map((line) => {
    const [file = "", target = "", contentType = "", expected = "", text = ""] = line.split("\t");
    return { file, target, contentType, expected: expected as Expectation["expected"], text };
  });
}

function serviceOf({ file, route }: Expectation & { route: Route }): string {
  return `${file}-${route}`.replace(/[^A-Za-z0-9]/g, "-");
}

/** Totals that an expectation calls right, such as `sum cpu = 5` or `total 12, or 7 when dropped`. */
function totalsIn(text: string): bigint[] {
  const totals: bigint[] = [];
  for (const [, first = "", second] of text.matchAll(
    /(?:sum cpu = |total |exactly as )(\d+)(?:, or (\d+))?/g,
  )) {
    totals.push(BigInt(first));
    if (second) totals.push(BigInt(second));
  }
  return totals;
}

/** Bytes of a field of `/proc/<pid>/status`. */
function memoryOf(pid: number, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
}

/** Makes the process's peak memory its memory now. */
function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}
