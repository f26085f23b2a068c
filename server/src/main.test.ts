import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { encodePprof, profileFromText } from "@pyrospan/pprof";
import { afterAll, describe, expect, it } from "vitest";
import { startServer, type TestServer } from "../test/start-server.ts";
import { allOptions } from "./config.ts";

const folder = mkdtempSync(join(tmpdir(), "pyrospan-main-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const profile = gzipSync(encodePprof(profileFromText("main;work cpu=10ms")));

/** Runs the program until it ends by itself. */
function runProgram(...flags: string[]) {
  const root = resolve(import.meta.dirname, "../..");
  const node = join(root, "node_modules/.bin/node");
  const main = join(root, "server/src/main.ts");
  const { NODE_OPTIONS: _options, ...env } = process.env;
  return spawnSync(node, ["--conditions=source", main, ...flags], { encoding: "utf8", env });
}

/** A push whose body has not ended, known to the server. */
async function startIngest(server: TestServer): Promise<http.ClientRequest> {
  const request = http.request(`${server.url}/ingest?name=drained&format=pprof`, {
    method: "POST",
    headers: { expect: "100-continue", "content-length": profile.length },
  });
  request.flushHeaders();
  await once(request, "continue");
  request.write(profile.subarray(0, 10));
  return request;
}

async function endIngest(request: http.ClientRequest): Promise<number | undefined> {
  request.end(profile.subarray(10));
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  await response.toArray();
  return response.statusCode;
}

function isListening(server: TestServer): Promise<boolean> {
  return fetch(`${server.url}/ready`).then(
    () => true,
    () => false,
  );
}

async function services(server: TestServer): Promise<unknown> {
  const now = Date.now();
  const response = await fetch(`${server.url}/querier.v1.QuerierService/LabelValues`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "service_name", start: now - 3_600_000, end: now + 60_000 }),
  });
  return ((await response.json()) as { names?: unknown }).names;
}

describe("a signal", () => {
  it("drains: what is in flight is answered and stored, then the process ends with 0", async () => {
    const addressFile = join(folder, "address");
    const dataPath = join(folder, "drained");
    mkdirSync(dataPath);
    const server = await startServer({ dataPath, flags: [`-server.address-file=${addressFile}`] });
    expect(readFileSync(addressFile, "utf8")).toBe(`${server.url}\n`);
    const request = await startIngest(server);
    server.signal("SIGTERM");
    await server.logged("server stopping");
    while (await isListening(server));
    expect(await endIngest(request)).toBe(200);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(existsSync(addressFile)).toBe(false);

    const again = await startServer({ dataPath });
    expect(await services(again)).toEqual(["drained"]);
    expect(await again.stop()).toEqual({ code: 0, signal: null });
  });

  it("answers, stores and closes although its address file cannot be removed, and says so", async () => {
    const addressFile = join(folder, "replaced");
    const dataPath = join(folder, "unclean");
    mkdirSync(dataPath);
    const server = await startServer({ dataPath, flags: [`-server.address-file=${addressFile}`] });
    rmSync(addressFile);
    mkdirSync(addressFile);
    const request = await startIngest(server);
    server.signal("SIGTERM");
    while (await isListening(server));
    expect(await endIngest(request)).toBe(200);
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.log.at(-1)).toMatchObject({
      msg: "server did not stop cleanly",
      err: { message: expect.stringContaining(addressFile) },
    });

    const again = await startServer({ dataPath });
    expect(await services(again)).toEqual(["drained"]);
    await again.stop();
  });

  it("ends at once when it comes twice", async () => {
    const server = await startServer();
    const request = await startIngest(server);
    request.on("error", () => {});
    server.signal("SIGINT");
    await server.logged("server stopping");
    server.signal("SIGINT");
    expect((await server.exited).signal).toBe("SIGKILL");
  });

  it("gives load balancers time to turn away", async () => {
    const server = await startServer({ flags: ["-shutdown-delay=1h"] });
    server.signal("SIGTERM");
    await server.logged("server stopping");
    expect((await fetch(`${server.url}/ready`)).status).toBe(503);
    expect(await services(server)).toBeUndefined();
    await server.kill();
  });

  it("does not wait for ever for a client that does not end its request", async () => {
    const server = await startServer({ flags: ["-server.graceful-shutdown-timeout=50ms"] });
    const request = await startIngest(server);
    request.on("error", () => {});
    expect((await server.stop()).code).toBe(0);
  });
});

describe("a start that fails", () => {
  it.each([
    [["-nope"], 2, "flag provided but not defined: -nope"],
    [["-server.http-listen-port=x"], 2, "flag -server.http-listen-port"],
    [["-config.file=/nowhere.yaml"], 1, "failed parsing config: /nowhere.yaml"],
  ])("%j", (flags, status, text) => {
    const ended = runProgram(...flags);
    expect(ended.stderr).toContain(text);
    expect(ended.status).toBe(status);
  });

  it("names a port that is taken and lets go of the data directory", async () => {
    const taken = net.createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const dataPath = join(folder, "taken");
    const ended = runProgram(
      `-server.http-listen-port=${port}`,
      "-server.http-listen-address=127.0.0.1",
      `-data-path=${dataPath}`,
    );
    taken.close();
    expect(ended.stderr).toContain("EADDRINUSE");
    expect(ended.status).toBe(1);
    expect((await (await startServer({ dataPath })).stop()).code).toBe(0);
  });

  it("does not share a data directory", async () => {
    const server = await startServer();
    const ended = runProgram("-server.http-listen-port=0", `-data-path=${server.dataPath}`);
    expect(ended.stderr).toContain("busy_directory");
    expect(ended.status).toBe(1);
    expect((await server.stop()).code).toBe(0);
  });

  it("tells of runtime limits that are broken", () => {
    const file = join(folder, "runtime.yaml");
    writeFileSync(file, "overrides: {a: {nope: 1}}");
    const flags = ["-server.http-listen-port=0", `-data-path=${join(folder, "x")}`];
    const ended = runProgram(...flags, `-runtime-config.file=${file}`);
    expect(ended.stderr).toContain("field overrides.a.nope is not known");
    expect(ended.status).toBe(1);
  });
});

it("prints help and version", () => {
  expect(runProgram("-help").stdout).toContain("-server.http-listen-port (default 4040)");
  expect(runProgram("-version").stdout).toMatch(/^pyrospan, version \d/);
});

it("prints its whole configuration when it starts", async () => {
  const server = await startServer({ flags: ["-querier.max-query-length=3d"] });
  const starting = server.log.find(({ msg }) => msg === "server starting");
  const expected = allOptions().map(({ flag }) => flag);
  expect(Object.keys(starting?.config as object).sort()).toEqual(expected.sort());
  expect(starting?.config).toMatchObject({
    "querier.max-query-length": "3d",
    "data-path": server.dataPath,
    "storage.fsync": "true",
  });
  await server.stop();
});
