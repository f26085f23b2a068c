import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "../../src/store/engine.ts";
import { fillStore } from "../query-data.ts";
import { diskUsage } from "../server/disk-usage.ts";
import { Load } from "../server/load.ts";
import { startOurServerOn } from "../server/our-server.ts";
import { timed } from "../server/probes.ts";
import { usageOf } from "../server/process-usage.ts";
import { createQuerierClient, queriesOf } from "../server/queries.ts";
import { medianOf, quantile } from "../server/statistics.ts";
import { workloads } from "../server/workloads.ts";
import { fillSeries } from "./fill-series.ts";

/** How much is stored. */
export interface ScaleSize {
  readonly samples: number;
  readonly series: number;
}

/** What was measured at one size, the same quantities in the same order at each. */
export interface ScalePoint {
  readonly size: ScaleSize;
  readonly quantities: readonly {
    readonly title: string;
    readonly unit: string;
    readonly value: number;
  }[];
}

/** How often each question is asked, and how many profiles are pushed. */
export interface Repeats {
  readonly questions: number;
  readonly pushes: number;
}

const writers = 8;

/** Fills a fresh store inside the engine, starts the server on it and measures. */
export async function measurePoint(size: ScaleSize, repeats: Repeats): Promise<ScalePoint> {
  const dataPath = await mkdtemp(join(tmpdir(), "pyrospan-scale-"));
  try {
    const engine = await openEngine(dataPath);
    const data = await fillStore(engine, size.samples);
    await fillSeries(engine, data, size.series);
    await engine.close();
    const storedBytes = await diskUsage(dataPath);

    const server = await startOurServerOn(dataPath);
    const quantities = [
      { title: "start until ready", unit: "s", value: server.startMs / 1000 },
      ...(await queryTimes(server.url, data, repeats.questions)),
      ...(await ingestTimes(server.url, repeats.pushes)),
      { title: "peak RSS", unit: "MB", value: usageOf(server.pid).peakRssBytes / 1e6 },
      { title: "on disk, per sample", unit: "bytes", value: storedBytes / size.samples },
    ];
    await server.stop();
    return { size, quantities };
  } finally {
    await rm(dataPath, { recursive: true, force: true });
  }
}

async function queryTimes(
  url: string,
  data: Awaited<ReturnType<typeof fillStore>>,
  questions: number,
): Promise<ScalePoint["quantities"]> {
  const service = "service-0";
  const client = createQuerierClient(url);
  const range = { start: BigInt(data.startMs), end: BigInt(data.endMs - 1) };
  const quantities: ScalePoint["quantities"][number][] = [];
  const subject = {
    profileType: data.profileType,
    service,
    span: { service, spanId: data.spanId },
  };
  for (const query of queriesOf(subject)) {
    const times: number[] = [];
    for (let i = 0; i < questions; i++) times.push(await timed(() => query.ask(client, range)));
    const firstMs = times[0]!;
    const sorted = times.slice(1).sort((a, b) => a - b);
    quantities.push(
      { title: `${query.title}, first time`, unit: "ms", value: firstMs },
      { title: `${query.title}, median`, unit: "ms", value: medianOf(sorted) },
    );
  }
  return quantities;
}

async function ingestTimes(url: string, pushes: number): Promise<ScalePoint["quantities"]> {
  const load = new Load();
  try {
    const nowMs = Date.now();
    const { kinds } = workloads.find(({ name }) => name === "spans")!;
    await load.prepare({ kinds, count: pushes, fromMs: nowMs - 60_000, untilMs: nowMs, seed: 1 });
    const result = await load.send({ url, writers, ratePerSecond: undefined, maxMs: undefined });
    const perSecond = (result.accepted * 1000) / result.elapsedMs;
    return [
      {
        title: "push, 8 writers, acknowledgement p50",
        unit: "ms",
        value: quantile(result.latenciesMs, 0.5),
      },
      {
        title: "push, 8 writers, acknowledgement p99",
        unit: "ms",
        value: quantile(result.latenciesMs, 0.99),
      },
      { title: "push, 8 writers, accepted", unit: "per second", value: perSecond },
    ];
  } finally {
    load.close();
  }
}
