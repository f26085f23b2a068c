import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { QuerierService } from "@pyrospan/wire";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startServer, type TestServer } from "../../server/test/start-server.ts";
import { burnerIn } from "./attribution/burn.mjs";
import { runStress } from "./attribution/run-stress.mjs";
import { percent, TABLE_HEAD, tableRow } from "./attribution/score.mjs";

const SAMPLES = "wall:samples:count:wall:nanoseconds";

/** Of some 2,000 spans; each is a query. */
const SPANS_READ = 500;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server?.stop();
});

it("reads a span's samples back from the server by its id, all of them and no other's", async () => {
  const start = BigInt(Date.now() - 60_000);
  const result = await runStress({
    node: process.execPath,
    profiler: "pyrospan",
    options: ["--rounds=1", "--app=readback", `--server=${server.url}`],
  });
  const spanOfBurner = new Map<string, string>(Object.entries(result.spanOfBurner));
  const query = createClient(
    QuerierService,
    createConnectTransport({ baseUrl: server.url, httpVersion: "1.1" }),
  );
  const where = {
    profileTypeID: SAMPLES,
    labelSelector: '{service_name="readback"}',
    start,
    end: BigInt(Date.now() + 60_000),
  };

  // What there is at all, by burner, whatever its labels.
  const all = new Map<string, number>();
  const {
    sample,
    location,
    function: functions,
    stringTable,
  } = await query.selectMergeProfile({
    ...where,
    maxNodes: 1_000_000n,
  });
  const names = new Map(functions.map(({ id, name }) => [id, stringTable[Number(name)] ?? ""]));
  const frames = new Map(
    location.map(({ id, line }) => [id, line.map((one) => names.get(one.functionId) ?? "")]),
  );
  for (const { locationId, value } of sample) {
    const burner = locationId
      .flatMap((id) => frames.get(id) ?? [])
      .map(burnerIn)
      .find((one) => one !== undefined);
    if (burner !== undefined) all.set(burner, (all.get(burner) ?? 0) + Number(value[0]));
  }

  // What each span has.
  const inSpans = { right: 0, other: 0, none: 0 };
  let outsideWithSpan = 0;
  const pending = [...spanOfBurner].filter(([burner]) => all.has(burner)).slice(0, SPANS_READ);
  const total = pending.reduce((sum, [burner]) => sum + (all.get(burner) ?? 0), 0);
  const reader = async (): Promise<void> => {
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [expected, spanId] = next;
      const { flamegraph } = await query.selectMergeStacktraces({
        ...where,
        spanSelector: [spanId],
      });
      for (const { values } of flamegraph?.levels ?? []) {
        for (let i = 0; i < values.length; i += 4) {
          const burner = burnerIn(flamegraph?.names[Number(values[i + 3])] ?? "");
          const total = Number(values[i + 1]);
          if (burner === "burn_outside") outsideWithSpan += total;
          else if (burner !== undefined) inSpans[burner === expected ? "right" : "other"] += total;
        }
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, reader));
  const outsideTotal = all.get("burn_outside") ?? 0;
  inSpans.none = total - inSpans.right - inSpans.other;
  const outside = { right: outsideTotal - outsideWithSpan, other: outsideWithSpan };
  process.stdout.write(
    `${TABLE_HEAD}\n${tableRow({ ...result, profiler: "read back by span id", inSpans, outside })}\n`,
  );

  expect(total).toBeGreaterThan(300);
  expect(percent(inSpans.right, inSpans)).toBeGreaterThanOrEqual(99.9);
  expect(percent(inSpans.other, inSpans)).toBeLessThanOrEqual(0.1);
  expect(outside.right).toBeGreaterThan(0);
  expect(outside.other).toBe(0);
}, 240_000);
