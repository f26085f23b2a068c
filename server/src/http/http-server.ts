import { randomUUID } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { Logger } from "pino";
import type { TenantLimitsStore } from "../config/tenant-limits.ts";
import type { Config } from "../config.ts";
import type { Ingester } from "../ingest/ingester.ts";
import type { BuildInfo, Metrics } from "../metrics.ts";
import { parseAccept } from "./accept.ts";
import { BodyBudget } from "./body-budget.ts";
import { addCompression } from "./compress-hook.ts";
import { healthRoutes } from "./health-service.ts";
import { registerIngestRoutes } from "./ingest-route.ts";
import { createListener, type Listener } from "./listener.ts";
import { sendMethodNotAllowed, sendNotFound, sendPlainError, sendText } from "./plain-error.ts";
import { pushRoute } from "./push-service.ts";
import type { RpcRoute } from "./rpc/route.ts";
import { registerRpcRoutes } from "./rpc-plugin.ts";
import { registerStatusRoutes } from "./status-routes.ts";
import { registerUiRoutes } from "./ui-routes.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The client said that it reads label names beyond ASCII. */
    utf8LabelNames: boolean;
  }
}

/** What the HTTP server is made of. */
export interface HttpServerOptions {
  readonly config: Config;
  readonly limits: TenantLimitsStore;
  readonly ingester: Ingester;
  /** Routes of the reading services. */
  readonly queryRoutes: readonly RpcRoute[];
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly build: BuildInfo;
  /** Folder of the built page. */
  readonly uiDirectory: string;
}

/** The listening server. */
export interface HttpServer {
  /** `http://host:port`, a loopback address when it listens on all. */
  readonly url: string;
  /** `/ready` answers 503 from now on. */
  leave(): void;
  /** Takes no new connection or request, answers what is in flight, at most for `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

/** Starts to listen. Rejects when the address cannot be used. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { config } = options;
  let leaving: "no" | "asked" | "closing" = "no";
  let listener: Listener | undefined;
  const inFlight = new InFlight();
  const app = fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    // Some SDKs send `//ingest` when their server address ends in a slash.
    routerOptions: {
      maxParamLength: 4096,
      ignoreDuplicateSlashes: true,
      ignoreTrailingSlash: true,
    },
    bodyLimit: 1,
    frameworkErrors: (_error, _request, reply) => sendText(reply, 400, "400 bad request\n"),
    serverFactory: (handler) => {
      listener = createListener(
        (request, response) => {
          inFlight.add(response);
          // Clients that keep their connection busy would otherwise be served for ever.
          if (leaving === "closing" && request.httpVersionMajor === 1) {
            response.setHeader("connection", "close");
          }
          if (METHODS.has(request.method ?? "")) handler(request, response);
          else refuseMethod(request, response);
        },
        {
          headersTimeoutMs: config.server.headersTimeoutMs,
          requestTimeoutMs: config.server.requestTimeoutMs,
          idleTimeoutMs: config.server.idleTimeoutMs,
          maxHeaderBytes: config.server.maxHeaderBytes,
          maxConnections: config.server.maxConnections,
        },
      );
      return listener.server;
    },
  });
  addHooks(app, options);
  addCompression(app);
  await registerRoutes(app, options, () => leaving !== "no");
  await app.ready();
  await listen(app.server, config.server.listenAddress, config.server.listenPort);
  return {
    url: urlOf(app.server.address() as AddressInfo),
    leave: () => {
      leaving = "asked";
    },
    close: async (timeoutMs) => {
      leaving = "closing";
      const closed = once(app.server, "close");
      const deadline = setTimeout(() => listener?.destroy(), timeoutMs);
      app.server.close();
      listener?.drain();
      await inFlight.ended();
      // Connections end once the clients have read their answers, which a slow one shall not hold up.
      listener?.drain();
      const goodbye = setTimeout(() => listener?.destroy(), GOODBYE_MS);
      await closed;
      clearTimeout(goodbye);
      clearTimeout(deadline);
      await app.close();
    },
  };
}

const METHODS: ReadonlySet<string> = new Set(http.METHODS);

/**
 * An empty 405, as for any other method. HTTP/1.1 requests with an invented method do not come this far; those of
 * HTTP/2 do, and fastify would take them for a fault of its own: two warnings in the log for each.
 */
function refuseMethod(request: http.IncomingMessage, response: http.ServerResponse): void {
  request.resume();
  response.writeHead(405).end();
}

/** Time for clients to read the last answer, at the end. */
const GOODBYE_MS = 500;

/** Connections that wait to be taken, where the system allows as many: many agents come back at once after a restart. */
const BACKLOG = 4096;

/** Listens; without an address on all of them, IPv6 where the machine has it. */
async function listen(server: http.Server, address: string, port: number): Promise<void> {
  server.listen({ port, backlog: BACKLOG, ...(address === "" ? {} : { host: address }) });
  await once(server, "listening");
}

function addHooks(app: FastifyInstance, options: HttpServerOptions): void {
  // Bodies are read by the routes themselves, each with its own limit and whatever the content type says.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null, undefined));
  app.decorateRequest("utf8LabelNames", false);

  app.addHook("onRequest", (request, reply, done) => {
    const startedAt = performance.now();
    reply.raw.once("close", () => {
      const seconds = (performance.now() - startedAt) / 1000;
      const status = reply.raw.writableEnded ? reply.raw.statusCode : 499;
      options.metrics.request(
        request.method,
        routeLabel(request.routeOptions.url),
        status,
        seconds,
      );
      request.log.debug(
        { method: request.method, url: request.url, status, ms: seconds * 1000 },
        "request",
      );
    });
    const accept = parseAccept(request.headers.accept);
    if (!accept.ok) {
      sendText(reply, 400, `Invalid header format: ${accept.message}\n`);
      return;
    }
    request.utf8LabelNames = accept.utf8LabelNames;
    done();
  });

  app.setErrorHandler((error, request, reply) => {
    // Only for paths that are not served with a body: ours read theirs themselves.
    if ((error as { code?: string }).code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
      return sendNotFound(reply, request.url);
    }
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    if (status < 500) return sendPlainError(reply, status, (error as Error).message);
    request.log.error({ err: error, url: request.url }, "request failed");
    return sendPlainError(reply, 500, `internal error, request id ${request.id}`);
  });
}

async function registerRoutes(
  app: FastifyInstance,
  options: HttpServerOptions,
  isLeaving: () => boolean,
): Promise<void> {
  const { config, ingester, limits, metrics } = options;
  const { multitenancy } = config.server;
  const budget = new BodyBudget(config.server.maxBodyMemoryBytes);
  const shared = { multitenancy, budget, bodyTimeoutMs: config.server.requestTimeoutMs };
  const limitsOf = (tenant: string) => limits.limitsOf(tenant);
  metrics.watchBodies(() => budget.usedBytes);

  registerRpcRoutes(app, {
    ...shared,
    routes: [
      pushRoute({ ingester, limitsOf, maxMessageBytes: config.limits.ingestionBodyBytes }),
      ...options.queryRoutes,
      ...healthRoutes(() => !isLeaving()),
    ],
  });
  registerIngestRoutes(app, {
    ...shared,
    ingester,
    limitsOf,
    onBodyTooLarge: (tenant, bytes) => metrics.discarded("body_size_limit_exceeded", tenant, bytes),
    onIgnored: (reason, request) =>
      request.log.info({ reason, url: request.url }, "nothing stored"),
  });
  registerStatusRoutes(app, {
    metrics,
    limits,
    multitenancy,
    build: options.build,
    settings: config.printed,
    notReady: () =>
      isLeaving() ? "Some services are not Running:\nStopping: [server]" : undefined,
  });
  await registerUiRoutes(app, options.uiDirectory);

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0]!;
    const isKnown = app.hasRoute({ method: "GET", url: path });
    return isKnown ? sendMethodNotAllowed(reply) : sendNotFound(reply, path);
  });
}

/** The route's path in lower case with underscores, as the dashboards group by. */
function routeLabel(path: string | undefined): string {
  if (path === undefined) return "other";
  if (path === "/") return "root";
  return path
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_|_$/g, "");
}

function urlOf(address: AddressInfo): string {
  const host = address.address;
  if (host === "::" || host === "0.0.0.0") return `http://127.0.0.1:${address.port}`;
  return `http://${address.family === "IPv6" ? `[${host}]` : host}:${address.port}`;
}

/** Responses that are not finished yet. */
class InFlight {
  private count = 0;
  private waiting: (() => void)[] = [];

  add(response: http.ServerResponse): void {
    this.count++;
    response.once("close", () => {
      this.count--;
      if (this.count > 0) return;
      for (const resolve of this.waiting.splice(0)) resolve();
    });
  }

  ended(): Promise<void> {
    if (this.count === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
