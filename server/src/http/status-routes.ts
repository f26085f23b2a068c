import type { FastifyInstance } from "fastify";
import { stringify } from "yaml";
import { printLimits } from "../config/overrides.ts";
import type { TenantLimitsStore } from "../config/tenant-limits.ts";
import type { PrintedSetting } from "../config.ts";
import type { BuildInfo, Metrics } from "../metrics.ts";
import {
  sendJson,
  sendMethodNotAllowed,
  sendNotFound,
  sendUnauthenticated,
} from "./plain-error.ts";
import { rawRoute } from "./raw-route.ts";
import { parseTenants, TENANT_HEADER } from "./tenancy.ts";

/** What the pages about the server itself show. */
export interface StatusRouteOptions {
  readonly metrics: Metrics;
  readonly build: BuildInfo;
  readonly settings: readonly PrintedSetting[];
  readonly limits: TenantLimitsStore;
  readonly multitenancy: boolean;
  /** Undefined when requests are served, else why not. */
  readonly notReady: () => string | undefined;
}

/** `/ready`, `/metrics`, and the pages on version, configuration and limits. */
export function registerStatusRoutes(app: FastifyInstance, options: StatusRouteOptions): void {
  rawRoute(app, "/ready", async (request, reply) => {
    if (request.method !== "GET") return sendMethodNotAllowed(reply);
    const reason = options.notReady();
    reply.header("content-type", "text/plain");
    return reason === undefined ? reply.send("ready") : reply.code(503).send(`${reason}\n`);
  });

  rawRoute(app, "/metrics", async (_request, reply) => {
    const type = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
    return reply.header("content-type", type).send(await options.metrics.text());
  });

  app.get("/api/v1/status/buildinfo", async (_request, reply) => {
    const { version, revision, branch } = options.build;
    const goVersion = `node${process.versions.node}`;
    const data = { version, revision, branch, buildUser: "", buildDate: "", goVersion };
    reply.header("vary", "Accept-Encoding");
    return sendJson(reply, 200, JSON.stringify({ status: "success", data }));
  });

  const yamlPage = (url: string, pick: (setting: PrintedSetting) => string | undefined) => {
    app.get(url, async (_request, reply) => {
      const page = stringify(nest(options.settings, pick));
      return reply.header("content-type", "text/plain; charset=utf-8").send(page);
    });
  };
  yamlPage("/api/v1/status/config", ({ value }) => value);
  yamlPage("/api/v1/status/config/default", (setting) => setting.default);
  yamlPage("/api/v1/status/config/diff", (setting) => {
    return setting.value === setting.default ? undefined : setting.value;
  });

  app.get("/api/v1/tenant_limits", async (request, reply) => {
    const header = request.headers[TENANT_HEADER];
    const result = parseTenants(header, "write", options.multitenancy);
    if (!result.ok) return sendUnauthenticated(reply, result);
    const limits = printLimits(options.limits.limitsOf(result.tenants[0]!));
    return sendJson(reply, 200, JSON.stringify(limits));
  });

  app.get<{ Querystring: { mode?: string } }>("/runtime_config", async (request, reply) => {
    const { limits } = options;
    if (!limits.isConfigured) return sendNotFound(reply, request.url);
    const base = request.query.mode === "diff" ? limits.defaults : undefined;
    const overrides: Record<string, unknown> = {};
    for (const [tenant, entry] of limits.overrides) overrides[tenant] = printLimits(entry, base);
    reply.header("content-type", "text/plain; charset=utf-8");
    return reply.send(stringify({ overrides }));
  });
}

/** Settings as the tree of the YAML file. */
function nest(
  settings: readonly PrintedSetting[],
  pick: (setting: PrintedSetting) => string | undefined,
): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const setting of settings) {
    const value = pick(setting);
    if (setting.yaml === undefined || value === undefined) continue;
    let node = tree;
    for (const key of setting.yaml.slice(0, -1)) {
      node[key] ??= {};
      node = node[key] as Record<string, unknown>;
    }
    node[setting.yaml.at(-1)!] = value;
  }
  return tree;
}
