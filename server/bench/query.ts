import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import { QuerierService, SpanService } from "@pyrospan/wire";
import { defaultLimits } from "../src/limits.ts";
import { createQuerierService } from "../src/query/querier-service.ts";
import { createSpanService } from "../src/query/span-service.ts";
import { openEngine } from "../src/store/engine.ts";
import { growthExponent } from "./growth-exponent.ts";
import { type BenchData, fillStore } from "./query-data.ts";
import { timed } from "./server/probes.ts";
import { printTable } from "./table.ts";

// Latencies of queries at growing numbers of stored samples, whole handlers and the protocol's encoding included, no
// network: npm run bench -- query [samples...]

const RUNS = 9;
const sizes = process.argv.slice(2).map(Number).filter(Number.isFinite);
const SAMPLES = sizes.length > 0 ? sizes : [100_000, 1_000_000, 10_000_000];

interface Clients {
  readonly querier: Client<typeof QuerierService>;
  readonly spans: Client<typeof SpanService>;
}

type Question = (clients: Clients, data: BenchData) => Promise<unknown>;

const stacks = (data: BenchData, labelSelector: string) => ({
  profileTypeID: data.profileType,
  labelSelector,
  start: BigInt(data.startMs),
  end: BigInt(data.endMs),
});

const ONE_SERVICE = '{service_name="service-0"}';

const questions: Readonly<Record<string, Question>> = {
  "flame graph, one service, 1 h": ({ querier }, data) =>
    querier.selectMergeStacktraces(stacks(data, ONE_SERVICE)),
  "flame graph, all services, 1 h": ({ querier }, data) =>
    querier.selectMergeStacktraces(stacks(data, "{}")),
  "span, service known": ({ querier }, data) =>
    querier.selectMergeSpanProfile({ ...stacks(data, ONE_SERVICE), spanSelector: [data.spanId] }),
  "span, any service": ({ querier }, data) =>
    querier.selectMergeStacktraces({ ...stacks(data, "{}"), spanSelector: [data.spanId] }),
  "find span": ({ spans }, data) => spans.findSpan({ spanId: data.spanId }),
  "list spans, one service, 1 h": ({ spans }, data) =>
    spans.listSpans({ ...stacks(data, ONE_SERVICE), limit: 50n }),
  "series, one service, 15 s steps": ({ querier }, data) =>
    querier.selectSeries({ ...stacks(data, ONE_SERVICE), step: 15 }),
  "series, all, by region, 15 s steps": ({ querier }, data) =>
    querier.selectSeries({ ...stacks(data, "{}"), step: 15, groupBy: ["region"] }),
  "label names": ({ querier }, data) =>
    querier.labelNames({ start: BigInt(data.startMs), end: BigInt(data.endMs) }),
  "label values, one service": ({ querier }, data) =>
    querier.labelValues({
      name: "region",
      matchers: [ONE_SERVICE],
      start: BigInt(data.startMs),
      end: BigInt(data.endMs),
    }),
  "profile types": ({ querier }, data) =>
    querier.profileTypes({ start: BigInt(data.startMs), end: BigInt(data.endMs) }),
};

const results = new Map<
  string,
  { readonly cold: number[]; readonly warm: number[]; readonly best: number[] }
>();
for (const samples of SAMPLES) {
  console.log(`${samples.toLocaleString("en")} samples: filling the store`);
  for (const [name, times] of await measureAt(samples)) {
    const row = results.get(name) ?? { cold: [], warm: [], best: [] };
    row.cold.push(times.cold);
    row.warm.push(times.warm);
    row.best.push(times.best);
    results.set(name, row);
  }
}
printTimes();

async function measureAt(
  samples: number,
): Promise<Map<string, { readonly cold: number; readonly warm: number; readonly best: number }>> {
  const directory = await mkdtemp(join(tmpdir(), "pyrospan-bench-query-"));
  const engine = await openEngine(directory, { fsync: false });
  try {
    const data = await fillStore(engine, samples);
    const options = { engine, limitsOf: () => defaultLimits, now: () => Date.now() };
    const transport = createRouterTransport(({ service }) => {
      service(QuerierService, createQuerierService(options));
      service(SpanService, createSpanService(options));
    });
    const clients = {
      querier: createClient(QuerierService, transport),
      spans: createClient(SpanService, transport),
    };
    const times = new Map<
      string,
      { readonly cold: number; readonly warm: number; readonly best: number }
    >();
    for (const [name, ask] of Object.entries(questions)) {
      const cold = await timed(() => ask(clients, data));
      const warm: number[] = [];
      for (let run = 0; run < RUNS; run++) warm.push(await timed(() => ask(clients, data)));
      warm.sort((a, b) => a - b);
      times.set(name, { cold, warm: warm[RUNS >> 1]!, best: warm[0]! });
    }
    return times;
  } finally {
    await engine.close();
    await rm(directory, { recursive: true, force: true });
  }
}

function printTimes(): void {
  printTable([
    ["ms: median of 9 / best (first)", ...SAMPLES.map(sizeText), "growth exponent"],
    ...Array.from(results, ([name, { cold, warm, best }]) => [
      name,
      ...warm.map((ms, i) => `${ms.toFixed(1)} / ${best[i]!.toFixed(1)} (${cold[i]!.toFixed(0)})`),
      warm.length > 1 ? growthExponent(SAMPLES, warm).toFixed(2) : "",
    ]),
  ]);
}

function sizeText(samples: number): string {
  return samples >= 1e6 ? `${samples / 1e6}M` : `${samples / 1e3}k`;
}
