import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import http2 from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encodePprof, profileFromText } from "@pyrospan/pprof";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TenantLimitsStore } from "../config/tenant-limits.ts";
import { loadConfig, parseYaml } from "../config.ts";
import { createIngester } from "../ingest/create-ingester.ts";
import type { Ingester, UnitResult } from "../ingest/ingester.ts";
import { createMetrics, type Metrics } from "../metrics.ts";
import { type Engine, openEngine } from "../store/engine.ts";
import { type HttpServer, startHttpServer } from "./http-server.ts";

let folder: string;
let engine: Engine;
let ingester: Ingester;
let metrics: Metrics;
let server: HttpServer;
const log: Record<string, unknown>[] = [];

const OVERRIDES = `
overrides:
  small: {ingestion_body_limit_mb: 0.001}
  slow: {ingestion_artificial_delay: 1500ms}
  slowest: {ingestion_artificial_delay: 1h}
  unlimited: {ingestion_body_limit_mb: 0}
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pyrospan-http-"));
  await mkdir(join(folder, "ui/assets"), { recursive: true });
  await writeFile(join(folder, "ui/index.html"), "<!doctype html><title>page</title>");
  await writeFile(join(folder, "ui/assets/a.js"), "export {};");
  await writeFile(join(folder, "ui/secret.txt"), "secret");
  await writeFile(join(folder, "overrides.yaml"), OVERRIDES);
  const config = loadConfig({
    args: [
      "-server.http-listen-port=0",
      "-server.http-listen-address=127.0.0.1",
      "-auth.multitenancy-enabled",
      "-server.http-read-timeout=1s",
      "-server.max-body-memory-mb=2",
    ],
    env: {},
  });
  const limits = new TenantLimitsStore(config.limits, join(folder, "overrides.yaml"), parseYaml);
  engine = await openEngine(join(folder, "data"));
  metrics = createMetrics({ version: "1", revision: "", branch: "" });
  ingester = await createIngester({ engine, observer: metrics, workers: 1 });
  const logger = pino({ level: "info" }, { write: (line: string) => log.push(JSON.parse(line)) });
  server = await startHttpServer({
    config,
    limits,
    ingester: failingFor("broken", ingester),
    metrics,
    logger,
    build: { version: "1", revision: "", branch: "" },
    uiDirectory: join(folder, "ui"),
    queryRoutes: [],
  });
});

afterAll(async () => {
  await server.close(1000);
  await ingester.close();
  await engine.close();
  metrics.close();
  await rm(folder, { recursive: true, force: true });
});

/** The ingester, with a fault for one tenant. */
function failingFor(broken: string, good: Ingester): Ingester {
  const fault: UnitResult = {
    ok: false,
    code: "internal",
    reason: "unknown",
    message: "internal error",
    cause: new TypeError("x is undefined"),
    sizeBytes: 0,
    stage: "push",
  };
  return {
    push: async (tenant, units, limits) => {
      return tenant === broken ? units.map(() => fault) : good.push(tenant, units, limits);
    },
    refuse: (tenant, bytes) => good.refuse(tenant, bytes),
    arrival: () => good.arrival(),
    stats: () => good.stats(),
    drain: () => good.drain(),
    close: () => good.close(),
  };
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** Sends a path as it is: fetch would tidy it up. */
async function send(
  method: string,
  path: string,
  headers: http.OutgoingHttpHeaders = {},
  body?: Uint8Array | string,
): Promise<Reply> {
  const { hostname, port } = new URL(server.url);
  const request = http.request({ method, path, hostname, port, headers });
  request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const chunks = (await response.toArray()) as Buffer[];
  return {
    status: response.statusCode,
    headers: response.headers,
    text: Buffer.concat(chunks).toString(),
  };
}

/** Starts to watch a metric, given the beginning of its line; the function returned waits until it has counted one more. */
async function countOf(line: string): Promise<() => Promise<void>> {
  const count = async (): Promise<number> => {
    const found = (await metrics.text()).split("\n").find((text) => text.startsWith(line));
    return Number(found?.split(" ").at(-1) ?? 0);
  };
  const before = await count();
  return () => expect.poll(count, { interval: 5 }).toBe(before + 1);
}

const tenant = { "x-scope-orgid": "t" };
const profile = encodePprof(profileFromText("main;work cpu=10ms"));
const NOT_FOUND = { status: 404, text: "404 page not found\n" };

describe("paths that are not served", () => {
  it.each(["/nothing", "/services", "/favicon.ico", "/push.v1.PusherService/Nope", "/static/x"])(
    "%s",
    async (path) => {
      expect(await send("GET", path)).toMatchObject(NOT_FOUND);
      expect(await send("POST", path, { "content-type": "odd" }, "x")).toMatchObject(NOT_FOUND);
    },
  );

  it("answers JSON below /api/", async () => {
    const reply = await send("GET", "/api/v1/x");
    expect(reply.status).toBe(404);
    expect(reply.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(reply.text)).toEqual({ code: 5, message: "Not Found", details: [] });
  });

  it.each(["/%zz", "/a%00b", "/../../etc/passwd"])("%s does no harm", async (path) => {
    expect((await send("GET", path)).status).toBeGreaterThanOrEqual(400);
  });
});

describe("methods", () => {
  it.each([
    ["POST", "/ready"],
    ["HEAD", "/ready"],
    ["GET", "/ingest"],
    ["HEAD", "/pyroscope/ingest"],
    ["OPTIONS", "/ingest"],
    ["DELETE", "/"],
    ["POST", "/api/v1/status/buildinfo"],
  ])("%s %s is 405 without a body", async (method, path) => {
    const reply = await send(method, path);
    expect([reply.status, reply.text, reply.headers.allow]).toEqual([405, "", undefined]);
  });
});

describe("invented methods over HTTP/2", () => {
  it.each(["/ingest", "/ready", "/push.v1.PusherService/Push", "/nothing"])(
    "%s is 405 without a body or a line in the log",
    async (path) => {
      log.length = 0;
      const session = http2.connect(server.url);
      for (const method of ["FROB", "get"]) {
        const stream = session.request({ ":method": method, ":path": path }, { endStream: false });
        stream.end("body");
        const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
        expect([headers[":status"], await stream.toArray()]).toEqual([405, []]);
      }
      session.close();
      expect(log).toEqual([]);
    },
  );
});

describe("Accept", () => {
  it.each(["/ready", "/", "/metrics", "/nothing", "/api/v1/status/buildinfo"])(
    "%s refuses one that is malformed",
    async (path) => {
      expect(await send("GET", path, { accept: "a/b/c" })).toMatchObject({
        status: 400,
        text: "Invalid header format: mime: unexpected content after media subtype\n",
      });
    },
  );
});

describe("pages about the server", () => {
  it("need no tenant", async () => {
    expect(await send("GET", "/ready")).toMatchObject({ status: 200, text: "ready" });
    expect((await send("POST", "/metrics")).text).toContain("pyroscope_build_info");
    const build = await send("GET", "/api/v1/status/buildinfo");
    expect(JSON.parse(build.text)).toMatchObject({ status: "success", data: { version: "1" } });
  });

  it("are compressed for those who take gzip", async () => {
    const packed = await send("GET", "/metrics", { "accept-encoding": "gzip" });
    expect(packed.headers["content-encoding"]).toBe("gzip");
    const small = await send("GET", "/ready", { "accept-encoding": "gzip" });
    expect(small.headers["content-encoding"]).toBeUndefined();
    const response = await fetch(`${server.url}/metrics`);
    expect(await response.text()).toContain("pyroscope_build_info");
  });

  it("print the configuration", async () => {
    const { text } = await send("GET", "/api/v1/status/config/diff");
    expect(parseYaml(text)).toMatchObject({ multitenancy_enabled: "true" });
    expect(text).not.toContain("storage");
    expect((await send("GET", "/api/v1/status/config")).text).toContain("data_path: ./data");
  });

  it("print the limits", async () => {
    const small = await send("GET", "/api/v1/tenant_limits", { "x-scope-orgid": "small" });
    expect(JSON.parse(small.text)).toMatchObject({ max_label_names_per_series: 30 });
    expect((await send("GET", "/api/v1/tenant_limits")).status).toBe(401);
    const diff = await send("GET", "/runtime_config?mode=diff");
    expect(parseYaml(diff.text)).toMatchObject({
      overrides: { slow: { ingestion_artificial_delay: "1500ms" } },
    });
  });
});

describe("the page", () => {
  it.each(["/", "/explore", "/comparison", "/?span=0123456789abcdef"])("is at %s", async (path) => {
    const reply = await send("GET", path);
    expect(reply.text).toContain("<title>page</title>");
    const policy = reply.headers["content-security-policy"];
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|data:|\*|unsafe/);
  });

  it("has headers without a body", async () => {
    expect(await send("HEAD", "/")).toMatchObject({ status: 200, text: "" });
  });

  it("has its assets and nothing else", async () => {
    const asset = await send("GET", "/assets/a.js");
    expect(asset).toMatchObject({ status: 200, text: "export {};" });
    expect(asset.headers["cache-control"]).toContain("immutable");
    for (const path of ["/assets/b.js", "/assets/../secret.txt", "/assets/%2e%2e/secret.txt"]) {
      const reply = await send("GET", path);
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(reply.text).not.toContain("secret");
    }
  });
});

describe("POST /ingest", () => {
  const url = "/ingest?name=app&format=pprof";

  it("stores pprof, raw and gzip, whatever the content type and encoding say", async () => {
    for (const headers of [{}, { "content-type": "" }, { "content-type": "a b" }]) {
      expect(await send("POST", url, { ...tenant, ...headers }, profile)).toMatchObject({
        status: 200,
        text: "",
      });
    }
    const gzip = { ...tenant, "content-encoding": "gzip" };
    const alias = "/pyroscope/ingest?name=app&format=pprof";
    expect((await send("POST", alias, gzip, gzipSync(profile))).status).toBe(200);
  });

  it.each<[string, number, string]>([
    ["/ingest", 400, "name: service name is required"],
    ["/ingest?name=a&format=jfr", 422, '"jfr" are not supported by this server yet'],
    ["/ingest?name=a", 422, '"folded" are not supported by this server yet'],
    ["/ingest?name=a&format=pprof", 422, "parsing IngestInput-pprof failed invalid_argument: "],
    ["/ingest?name=a{service_name=}&format=pprof&ok", 422, "service name is not provided"],
  ])("%s: %d", async (path, status, text) => {
    const body = path.endsWith("&ok") ? profile : "not a profile";
    const reply = await send("POST", path, tenant, body);
    expect(reply.status).toBe(status);
    expect(reply.headers["content-type"]).toBe("application/json");
    expect(reply.headers["x-content-type-options"]).toBe("nosniff");
    expect((JSON.parse(reply.text) as { message: string }).message).toContain(text);
    expect(reply.text.endsWith("\n")).toBe(true);
  });

  it("is there with the slashes that SDKs add", async () => {
    for (const path of ["//ingest", "/ingest/", "/pyroscope//ingest", "//pyroscope/ingest/"]) {
      const reply = await send("POST", `${path}?name=app&format=pprof`, tenant, profile);
      expect([path, reply.status]).toEqual([path, 200]);
    }
  });

  it("takes an empty body for nothing", async () => {
    expect((await send("POST", url, tenant, "")).status).toBe(200);
  });

  it("asks for a tenant", async () => {
    expect(await send("POST", url, {}, profile)).toMatchObject({
      status: 401,
      text: '{"code":"unauthenticated","message":"no org id"}\n',
    });
    expect(await send("POST", url, { "x-scope-orgid": "a|b" }, profile)).toMatchObject({
      status: 401,
      text: '{"code":"unauthenticated","message":"multiple org IDs present"}',
    });
  });

  it("names and counts a body above the tenant's limit", async () => {
    const reply = await send("POST", url, { "x-scope-orgid": "small" }, "x".repeat(2000));
    expect(reply).toMatchObject({
      status: 413,
      text: '{"code":"invalid_argument","message":"request body too large: error reading request body bytes_read 1049: http: request body too large"}\n',
    });
    expect(await metrics.text()).toContain(
      'pyroscope_discarded_bytes_total{reason="body_size_limit_exceeded",tenant="small"} 1049',
    );
  });

  it("refuses for good what is larger than the memory for all bodies", async () => {
    const body = Buffer.alloc(2 * 1024 * 1024 + 1);
    const plain = await send("POST", url, { "x-scope-orgid": "unlimited" }, body);
    const text =
      "message size 2097153 is larger than server.max-body-memory-mb, 2097152 bytes, has room for";
    expect([plain.status, plain.headers["retry-after"]]).toEqual([413, undefined]);
    expect(plain.text).toContain(`request body too large: ${text}`);
    const push = "/push.v1.PusherService/Push";
    const rpc = await send("POST", push, { ...tenant, "content-type": "application/proto" }, body);
    expect([rpc.status, rpc.headers["retry-after"]]).toEqual([429, undefined]);
    expect(rpc.text).toContain(text);
  });

  it("holds a success back for tenants that are slowed down", async () => {
    const reply = await send("POST", url, { "x-scope-orgid": "slow" }, profile);
    expect(reply.headers["server-timing"]).toMatch(/^artificial_delay;dur=\d+\.\d+$/);
    const refused = await send("POST", "/ingest", { "x-scope-orgid": "slow" }, profile);
    expect(refused.headers["server-timing"]).toBeUndefined();
  });

  it("does not take a client that leaves meanwhile for a fault", async () => {
    const { hostname, port } = new URL(server.url);
    const headers = { "x-scope-orgid": "slowest" };
    const stored = await countOf('pyroscope_distributor_profiles_received_total{tenant="slowest"}');
    const left = await countOf(
      'pyroscope_request_duration_seconds_count{method="POST",route="ingest",status_code="499"',
    );
    const request = http.request({ method: "POST", path: url, hostname, port, headers });
    request.on("error", () => {});
    request.end(profile);
    await stored();
    log.length = 0;
    request.destroy();
    await left();
    await send("GET", "/ready");
    expect(log).toEqual([]);
  });

  it("gives up on a body that never ends", async () => {
    const { hostname, port } = new URL(server.url);
    const headers = { ...tenant, "content-length": 10 };
    const request = http.request({ method: "POST", path: url, hostname, port, headers });
    request.on("error", () => {});
    request.write("x");
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    expect(response.statusCode).toBe(408);
    request.destroy();
  });

  it("reads forms, also under the name of pprof", async () => {
    const form = new FormData();
    form.append("profile", new Blob([profile as Uint8Array<ArrayBuffer>]), "profile.pprof");
    form.append("sample_type_config", new Blob(['{"cpu":{"units":"nanoseconds"}}']), "c.json");
    for (const path of ["/ingest?name=form", "/ingest?name=form&format=pprof"]) {
      const request = { method: "POST", body: form, headers: tenant };
      expect((await fetch(`${server.url}${path}`, request)).status).toBe(200);
    }
    form.append("prev_profile", new Blob(["x"]), "old.pprof");
    const request = { method: "POST", body: form, headers: tenant };
    const refused = await fetch(`${server.url}/ingest?name=form`, request);
    expect([refused.status, await refused.text()]).toEqual([
      422,
      expect.stringContaining("multipart form unsupported client version. Please update"),
    ]);
  });
});

describe("a fault of ours", () => {
  const json = JSON.stringify({
    series: [{ samples: [{ rawProfile: Buffer.from(profile).toString("base64") }] }],
  });

  it.each([
    ["/ingest?name=app&format=pprof", "application/octet-stream", profile],
    ["/push.v1.PusherService/Push", "application/json", json],
  ])("%s answers with the id of the log line, which has the rest", async (path, type, body) => {
    log.length = 0;
    const headers = { "x-scope-orgid": "broken", "content-type": type };
    const reply = await send("POST", path, headers, body);
    expect(reply.status).toBe(500);
    const { message } = JSON.parse(reply.text) as { message: string };
    const [, id] = /^internal error, request id ([0-9a-f-]{36})$/.exec(message) ?? [];
    expect(log).toMatchObject([
      { level: 50, reqId: id, err: { message: expect.stringContaining("x is undefined") } },
    ]);
    log.length = 0;
  });
});

it("logs nothing but what an operator should read", () => {
  expect(log.filter(({ level }) => Number(level) >= 40)).toEqual([]);
});
