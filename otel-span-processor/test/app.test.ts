import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Client, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { QuerierService } from "@pyrospan/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { burnerIn } from "../../sdk-node/test/attribution/burn.mjs";
import { findNode } from "../../sdk-node/test/nodes.mjs";
import { startServer, type TestServer } from "../../server/test/start-server.ts";

const run = promisify(execFile);
const app = fileURLToPath(new URL("./app.mjs", import.meta.url));

let server: TestServer;
let querier: Client<typeof QuerierService>;
beforeAll(async () => {
  server = await startServer();
  querier = createClient(
    QuerierService,
    createConnectTransport({ baseUrl: server.url, httpVersion: "1.1" }),
  );
});
afterAll(async () => {
  await server?.stop();
});

/** Samples of a span by burner, as the server has them. */
async function burnersOf(service: string, spanId: string): Promise<Map<string, number>> {
  const { flamegraph } = await querier.selectMergeStacktraces({
    profileTypeID: "wall:samples:count:wall:nanoseconds",
    labelSelector: `{service_name="${service}"}`,
    spanSelector: [spanId],
    start: BigInt(Date.now() - 600_000),
    end: BigInt(Date.now() + 60_000),
  });
  const burners = new Map<string, number>();
  for (const { values } of flamegraph?.levels ?? []) {
    for (let i = 0; i < values.length; i += 4) {
      const burner = burnerIn(flamegraph?.names[Number(values[i + 3])] ?? "");
      if (burner === undefined) continue;
      burners.set(burner, (burners.get(burner) ?? 0) + Number(values[i + 1]));
    }
  }
  return burners;
}

for (const major of [20, 24]) {
  const node = findNode(major);
  describe.skipIf(node === undefined)(`an application on Node ${major}`, () => {
    it.each([
      ["NodeSDK", "import"],
      ["NodeSDK", "require"],
      ["1.x", "import"],
      ["1.x", "require"],
    ])(
      "with the OpenTelemetry SDK %s, by %s: the server has each span's samples",
      async (sdk, loading) => {
        const service = `${sdk}-${loading}-${major}`;
        const { stdout, stderr } = await run(node!, [app, sdk, loading, server.url, service], {
          // Nothing listens where NodeSDK would send metrics and logs to.
          env: {
            PATH: process.env.PATH,
            OTEL_METRICS_EXPORTER: "none",
            OTEL_LOGS_EXPORTER: "none",
          },
        });
        expect(stderr).toBe("");
        const spanOf = Object.entries(JSON.parse(stdout) as Record<string, string>);
        expect(spanOf).toHaveLength(10);
        for (const [burner, spanId] of spanOf) {
          const burners = await burnersOf(service, spanId);
          expect([...burners.keys()], spanId).toEqual([burner]);
          expect(burners.get(burner)).toBeGreaterThan(3);
        }
      },
      120_000,
    );
  });
}
