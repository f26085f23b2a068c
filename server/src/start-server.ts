import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { QuerierService, SpanService } from "@pyrospan/wire";
import type { Logger } from "pino";
import { buildInfo } from "./build-info.ts";
import { strictestLimits, TenantLimitsStore } from "./config/tenant-limits.ts";
import { type Config, parseYaml } from "./config.ts";
import { startHttpServer } from "./http/http-server.ts";
import { rpcRoutesOf } from "./http/rpc/route.ts";
import { createIngester } from "./ingest/create-ingester.ts";
import { createMetrics } from "./metrics.ts";
import { observeEngine } from "./observed-engine.ts";
import { createQuerierService } from "./query/querier-service.ts";
import { createSpanService } from "./query/span-service.ts";
import { RefusalLog } from "./refusal-log.ts";
import { keepRolledUp } from "./roll-up-rounds.ts";
import { runAll } from "./run-all.ts";
import { type Engine, openEngine } from "./store/engine.ts";
import { OpenDays } from "./store/open-days.ts";
import { removeExpired } from "./store/retention.ts";

/** A server that listens. */
export interface RunningServer {
  readonly url: string;
  /** Tells load balancers to turn away: `/ready` answers 503. */
  leave(): void;
  /** Takes nothing new, answers what is in flight, stores what waits, lets go of the data directory. */
  stop(): Promise<void>;
}

/** Wires store, ingest, query and HTTP together and listens. Rejects with nothing left running. */
export async function startServer(config: Config, logger: Logger): Promise<RunningServer> {
  const { server } = config;
  const limits = new TenantLimitsStore(config.limits, server.runtimeConfigFile, parseYaml);
  const metrics = createMetrics(buildInfo);
  const undo: (() => Promise<void> | void)[] = [() => metrics.close(), () => limits.stop()];
  const stopAll = () => runAll(undo.splice(0).reverse());
  try {
    limits.watch(server.runtimeConfigReloadMs, (err) => {
      logger.error({ err }, "runtime configuration is broken, the previous one stays in use");
    });
    await mkdir(server.dataPath, { recursive: true });
    const engine = await openEngine(server.dataPath, {
      readers: server.storeReaders,
      fsync: server.storeFsync,
    });
    undo.push(() => engine.close());

    const refusals = new RefusalLog((line) => logger.warn(line, "profiles refused"));
    const openDays = new OpenDays();
    const ingester = await createIngester({
      engine,
      openDays,
      observer: {
        unit: (tenant, facts) => {
          metrics.unit?.(tenant, facts);
          refusals.unit(tenant, facts);
        },
        refused: (tenant, cause, refusal) => {
          metrics.refused?.(tenant, cause, refusal);
          refusals.refused(tenant, cause, refusal.message);
        },
        batch: (facts) => metrics.batch?.(facts),
      },
      ...(server.ingestWorkers === 0 ? {} : { workers: server.ingestWorkers }),
      maxWaitingBytes: server.ingestMemoryBytes,
      maxWaitMs: server.ingestMaxWaitMs,
      dictionaryBytes: server.ingestDictionaryBytes,
      onError: (message, err) => logger.error({ err }, message),
    });
    undo.push(() => ingester.close());
    metrics.watchIngest(() => ingester.stats());
    undo.push(
      keepRetention(engine, limits, (err) => logger.error({ err }, "old profiles stay for now")),
    );
    if (server.rollUpIntervalMs > 0) {
      undo.push(
        keepRolledUp({
          engine,
          openDays,
          intervalMs: server.rollUpIntervalMs,
          observer: metrics,
          onError: (err) => logger.error({ err }, "profiles could not be added up by hour for now"),
        }),
      );
    }

    const query = {
      engine: observeEngine(engine, metrics),
      limitsOf: (tenants: readonly string[]) => {
        return strictestLimits(tenants.map((tenant) => limits.limitsOf(tenant)));
      },
      now: () => Date.now(),
      openDays: server.rollUpIntervalMs > 0 ? openDays : undefined,
    };
    const read = { access: "read", maxMessageBytes: server.maxQueryMessageBytes } as const;
    const http = await startHttpServer({
      config,
      limits,
      ingester,
      metrics,
      logger,
      build: buildInfo,
      uiDirectory: uiDirectory(),
      queryRoutes: [
        ...rpcRoutesOf(QuerierService, createQuerierService(query), read),
        ...rpcRoutesOf(SpanService, createSpanService(query), read),
      ],
    });
    undo.push(() => http.close(server.shutdownTimeoutMs));
    if (server.addressFile !== "") {
      await writeAtOnce(server.addressFile, http.url);
      undo.push(() => rm(server.addressFile, { force: true }));
    }
    return { url: http.url, leave: () => http.leave(), stop: stopAll };
  } catch (error) {
    await stopAll().catch((err: unknown) => logger.error({ err }, "server did not stop cleanly"));
    throw error;
  }
}

/** Removes what is past its retention now and every hour; returns what ends that, after a round under way. */
function keepRetention(
  engine: Engine,
  limits: TenantLimitsStore,
  onError: (error: unknown) => void,
): () => Promise<void> {
  const round = () => {
    const retention = {
      defaultMs: limits.defaults.retentionMs,
      tenantMs: new Map([...limits.overrides].map(([tenant, own]) => [tenant, own.retentionMs])),
    };
    return removeExpired(engine, retention, Date.now()).catch(onError);
  };
  let running = round();
  const timer = setInterval(() => {
    running = running.then(round);
  }, RETENTION_ROUND_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    return running;
  };
}

const RETENTION_ROUND_MS = 3_600_000;

/** Writes a small file so that a reader sees all of it or nothing. */
async function writeAtOnce(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, `${text}\n`);
  await rename(draft, path);
}

/** The built page, beside `dist/` of this package and beside `src/` alike. */
function uiDirectory(): string {
  return join(dirname(dirname(fileURLToPath(import.meta.url))), "ui", "dist");
}
