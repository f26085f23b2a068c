import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientsOver, flameFacts, push, recent, seriesTotal } from "./client.ts";
import { cpuProfile } from "./profile-bytes.ts";
import { startServer, type TestServer } from "./start-server.ts";

const cpuType = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";

const cases = (["connect-json", "connect-proto", "grpc", "grpc-web"] as const).flatMap((protocol) =>
  (["1.1", "2"] as const).flatMap((httpVersion) =>
    (["gzip", "identity"] as const).map((encoding) => ({ protocol, httpVersion, encoding })),
  ),
);

describe("protocols on one port", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer();
  });

  afterAll(async () => {
    await server?.stop();
  });

  test.each(cases)("$protocol, HTTP/$httpVersion, $encoding", async (entry) => {
    const clients = clientsOver(transportFor(entry, server.url));
    const service = `${entry.protocol}-${entry.httpVersion.replace(".", "")}-${entry.encoding}`;
    const profile = cpuProfile([
      { stack: "main;serve;work", values: [40] },
      { stack: "main;idle", values: [2], labels: { span_id: "00f067aa0ba902b7" } },
    ]);
    await push(clients, { __name__: "process_cpu", service_name: service }, profile);

    const labelSelector = `{service_name="${service}"}`;
    expect(await seriesTotal(clients, cpuType, labelSelector)).toBe(42);
    const query = { profileTypeID: cpuType, labelSelector, ...recent() };
    const { flamegraph } = await clients.querier.selectMergeStacktraces(query);
    expect([...flameFacts(flamegraph).self].sort()).toEqual([
      ["idle", 2n],
      ["work", 40n],
    ]);
    const span = await clients.querier.selectMergeSpanProfile({
      ...query,
      spanSelector: ["00f067aa0ba902b7"],
    });
    expect(span.flamegraph?.total).toBe(2n);
    const { names } = await clients.querier.labelValues({ name: "service_name", ...recent() });
    expect(names).toContain(service);
    const pprof = await clients.querier.selectMergeProfile(query);
    expect(pprof.sample.map(({ value }) => value[0]).sort()).toEqual([2n, 40n]);

    const nothing = await clients.pusher.push({ series: [] }).catch(ConnectError.from);
    expect(nothing).toBeInstanceOf(ConnectError);
    expect(nothing).toMatchObject({
      code: Code.InvalidArgument,
      rawMessage: "no profiles received",
    });
    const noRange = await clients.querier.labelNames({}).catch(ConnectError.from);
    expect(noRange).toMatchObject({
      code: Code.InvalidArgument,
      rawMessage: "missing time range in the query",
    });
  });
});

function transportFor(
  { protocol, httpVersion, encoding }: (typeof cases)[number],
  baseUrl: string,
): Transport {
  const compression =
    encoding === "gzip"
      ? {
          sendCompression: compressionGzip,
          acceptCompression: [compressionGzip],
          compressMinBytes: 0,
        }
      : { acceptCompression: [] };
  const options = { baseUrl, httpVersion, ...compression };
  switch (protocol) {
    case "connect-json":
      return createConnectTransport({ ...options, useBinaryFormat: false });
    case "connect-proto":
      return createConnectTransport({ ...options, useBinaryFormat: true });
    case "grpc":
      return createGrpcTransport(options);
    case "grpc-web":
      return createGrpcWebTransport(options);
  }
}
