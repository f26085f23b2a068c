import { execFile, execFileSync } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Clients, connectClients, flameFacts, profileTypesOf, recent } from "./client.ts";
import { startServer, type TestServer } from "./start-server.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const spanId = "00f067aa0ba902b7";

describe("SDKs as published", () => {
  let server: TestServer;
  let clients: Clients;

  beforeAll(async () => {
    server = await startServer();
    clients = connectClients(server.url);
  });

  afterAll(async () => {
    await server?.stop();
  });

  // The trailing slash makes this SDK post to `//ingest`.
  test("@pyroscope/nodejs", async () => {
    const program = join(import.meta.dirname, "real-clients/node-app.ts");
    await run(join(root, "node_modules/.bin/node"), [program, `${server.url}/`], { cwd: root });

    const types = await profileTypesOf(clients, "real-node");
    expect(types).toEqual(
      expect.arrayContaining([
        "memory:inuse_space:bytes:inuse_space:bytes",
        "wall:cpu:nanoseconds:wall:nanoseconds",
        "wall:samples:count:wall:nanoseconds",
        "wall:wall:nanoseconds:wall:nanoseconds",
      ]),
    );
    const wall = "wall:wall:nanoseconds:wall:nanoseconds";
    const all = await inclusive("real-node", wall, []);
    const span = await inclusive("real-node", wall, [spanId]);
    const hot = [...span.names].filter((name) => /price_rules|stock_count/.test(name));
    expect(hot).toEqual([expect.stringContaining("price_rules")]);
    expect(span.total).toBeGreaterThan(0n);
    expect(span.total).toBeLessThan(all.total);
    const { names } = await clients.querier.labelValues({
      name: "span_name",
      matchers: ['{service_name="real-node",region="eu-1"}'],
      ...recent(),
    });
    expect(names).toEqual(["GET /cart"]);
  });

  test("pyroscope-go", async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "pyrospan-go-"));
    try {
      const missing = await buildGoProgram(folder);
      if (missing) {
        console.warn(`SKIPPED: pyroscope-go was not tested: ${missing}`);
        context.skip(missing);
      }
      await run(join(folder, "app"), [server.url]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    const types = await profileTypesOf(clients, "real-go");
    expect(types).toEqual(
      expect.arrayContaining([
        "memory:alloc_space:bytes:space:bytes",
        "memory:inuse_space:bytes:space:bytes",
        "process_cpu:cpu:nanoseconds:cpu:nanoseconds",
        "process_cpu:samples:count:cpu:nanoseconds",
      ]),
    );
    const cpu = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
    const all = await inclusive("real-go", cpu, []);
    const span = await inclusive("real-go", cpu, [spanId]);
    expect(all.names).toContain("main.priceRules");
    expect(span.names).toContain("main.priceRules");
    expect(span.total).toBeGreaterThan(0n);
    expect(span.total).toBeLessThan(all.total);
    const heap = await inclusive("real-go", "memory:inuse_space:bytes:space:bytes", []);
    // It keeps 64 MiB; heap profiles are samples, so their total is near that.
    expect(heap.total).toBeGreaterThan(48n * 1024n * 1024n);
  }, 240_000);

  async function inclusive(
    service: string,
    profileTypeID: string,
    spanSelector: string[],
  ): Promise<{ total: bigint; names: ReadonlySet<string> }> {
    const { flamegraph } = await clients.querier.selectMergeStacktraces({
      profileTypeID,
      labelSelector: `{service_name="${service}"}`,
      spanSelector,
      ...recent(),
    });
    return { total: flameFacts(flamegraph).total, names: new Set(flamegraph?.names) };
  }
});

/** Builds the Go program in `folder`; says what is missing where there is no Go or its modules cannot be had. */
async function buildGoProgram(folder: string): Promise<string | undefined> {
  try {
    execFileSync("go", ["version"], { stdio: "ignore" });
  } catch {
    return "there is no go command";
  }
  await copyFile(join(import.meta.dirname, "real-clients/main.go.txt"), join(folder, "main.go"));
  await writeFile(
    join(folder, "go.mod"),
    "module example.com/app\n\ngo 1.25.0\n\nrequire github.com/grafana/pyroscope-go v1.4.3\n",
  );
  const options = { cwd: folder, env: { ...process.env, GOFLAGS: "-mod=mod -buildvcs=false" } };
  try {
    await run("go", ["mod", "download", "github.com/grafana/pyroscope-go"], options);
    await run("go", ["mod", "tidy"], options);
  } catch (error) {
    return `its modules cannot be downloaded (${error})`;
  }
  await run("go", ["build", "-o", "app", "."], options);
  return undefined;
}
