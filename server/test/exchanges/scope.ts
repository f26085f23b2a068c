import { parse, stringify } from "yaml";
import type { Exchange } from "./exchange.ts";

/** Paths of capabilities that the server does not have yet. The first match names the capability. */
const pathCapabilities: readonly (readonly [RegExp, string])[] = [
  [/^\/adhocprofiles\.v1\./, "ad-hoc profiles"],
  [/^\/settings\.v1\.SettingsService\//, "settings"],
  [/^\/settings\.v1\.RecordingRulesService\//, "recording rules"],
  [/^\/vcs\.v1\./, "source code"],
  [/^\/debuginfo\.v1alpha1\./, "debug information"],
  [/^\/capabilities\.v1\./, "feature flags"],
  [/^\/version\.v1\./, "version service"],
  [/^\/v1development\/profiles|^\/opentelemetry\./, "OTLP"],
  [/^\/querier\.v1\.QuerierService\/Diff$/, "Diff"],
  [/^\/querier\.v1\.QuerierService\/SelectHeatmap$/, "SelectHeatmap"],
  [/^\/pyroscope\/(render|render-diff|label-values)\b/, "legacy query routes"],
  [/^\/api\/swagger\.json/, "description of the API"],
  [
    /^\/(admin|memberlist|metastore|query-diagnostics|query-frontend\/ring|ring|distributor|compactor|overrides-exporter|store-gateway|ops)\b/,
    "status pages",
  ],
  [/^\/debug\//, "profiling of the server"],
  [
    /^\/(|explore|comparison|comparison-diff|ui|assets\/.*|static\/.*|icons\/.*|public\/.*|favicon\.ico)$/,
    "pages of the original",
  ],
];

/** Values of `format=` on `/ingest` that the server does not have yet. */
const formatCapabilities: Readonly<Record<string, string>> = {
  jfr: "JFR",
  lines: "text lines",
  trie: "trie and tree",
  tree: "trie and tree",
  speedscope: "speedscope",
};

/** Refused before the format matters, so in scope with whatever format they were recorded. */
const refusedBeforeFormat =
  /^(ingest-10\.1-(no-name|form-body)|ingest-2-no-header-ingest|conf-7\.4-folded-413)$/;

/** Tenants whose limits belong to capabilities that the server does not have yet. */
const tenantCapabilities: Readonly<Record<string, string>> = {
  "t-quota": "quotas",
  "t-quota1": "quotas",
  "t-ug": "usage groups",
  "t-samp": "sampling",
  "t-strip": "sampling",
  "t-relabel": "relabeling",
  "t-str": "relabeling",
};

/**
 * The recorded runtime overrides without the tenants whose limits the server does not have yet. One tenant gets a
 * higher rate: its big pushes were recorded half a second apart and are replayed faster than the default rate allows.
 */
export function overridesInScope(text: string): string {
  if (text === "") return "";
  const { overrides } = parse(text) as { overrides: Record<string, unknown> };
  const kept = Object.entries(overrides).filter(([tenant]) => !(tenant in tenantCapabilities));
  return stringify({
    overrides: {
      ...Object.fromEntries(kept),
      "t-body": {
        ingestion_body_limit_mb: 1,
        ingestion_rate_mb: 4000,
        ingestion_burst_size_mb: 4000,
      },
    },
  });
}

/**
 * What the server would need for an exchange and does not have yet, judged by the request alone; undefined when
 * nothing is missing.
 */
export function missingCapability(exchange: Exchange): string | undefined {
  if (exchange.server === "dual") return "the original's two storage generations";
  const path = exchange.path.split("?")[0]!;
  for (const [pattern, capability] of pathCapabilities) {
    if (pattern.test(path)) return capability;
  }
  const tenant = exchange.request_headers["X-Scope-OrgID"];
  if (tenant !== undefined && tenantCapabilities[tenant]) return tenantCapabilities[tenant];
  if (exchange.request_body_text?.includes('"async"')) return "async queries";
  if (exchange.request_headers["X-Pyroscope-Collect-Diagnostics"]) return "query diagnostics";
  if (path.endsWith("/ingest") && exchange.method === "POST") return missingFormat(exchange);
  return undefined;
}

/** The format rules of `/ingest`: `format=` first, then the content type, otherwise folded text. */
function missingFormat(exchange: Exchange): string | undefined {
  if (refusedBeforeFormat.test(exchange.id)) return undefined;
  const { searchParams } = new URL(exchange.path, "http://x");
  const format = searchParams.get("format") ?? "";
  const type = exchange.request_headers["Content-Type"] ?? "";
  if (formatCapabilities[format]) return formatCapabilities[format];
  if (format === "pprof") return undefined;
  if (/^binary\/octet-stream\+(trie|tree)$/.test(type)) return "trie and tree";
  return type.includes("multipart/form-data") ? undefined : "folded text";
}

/**
 * Services that only exchanges out of scope store, each with the capability that is missing: queries for them cannot
 * be answered as the original did.
 */
export function servicesOutOfScope(
  exchanges: readonly Exchange[],
  capabilityOf: (exchange: Exchange) => string | undefined,
): ReadonlyMap<string, string> {
  const missing = new Map<string, string>();
  const stored = new Set<string>();
  for (const exchange of exchanges) {
    const capability = capabilityOf(exchange);
    for (const service of servicesIn(exchange)) {
      if (capability === undefined) stored.add(service);
      else if (!missing.has(service)) missing.set(service, capability);
    }
  }
  for (const service of stored) missing.delete(service);
  return missing;
}

/** Services whose values a selector asks for, or that appear in a recorded answer, and that are out of scope. */
export function capabilityOfData(
  exchange: Exchange,
  services: ReadonlyMap<string, string>,
): string | undefined {
  if (!exchange.path.startsWith("/querier.v1.")) return undefined;
  const text = exchange.request_body_text ?? "";
  for (const [, service = ""] of text.matchAll(/service_name=~?\\"([^"\\]+)\\"/g)) {
    const capability = services.get(service.replace(/\.\*$/, ""));
    if (capability) return `${capability} (its data are asked for)`;
  }
  return undefined;
}

function servicesIn(exchange: Exchange): string[] {
  if (exchange.path.includes("/ingest?")) {
    const name = new URL(exchange.path, "http://x").searchParams.get("name") ?? "";
    const labelled = /service_name=([^,}]+)/.exec(name)?.[1];
    const app = name.split("{")[0]!.trim();
    // A suffix may name the profile type; a refused push stores nothing either way.
    return labelled ? [labelled] : [app, ...(exchange.status === 200 ? [withoutSuffix(app)] : [])];
  }
  const made = JSON.stringify(exchange.request_made_from ?? "");
  return [
    ...[...made.matchAll(/"service":\s*"([^"]+)"/g)].map(([, service = ""]) => service),
    ...[...made.matchAll(/\["service_name",\s*"([^"]+)"\]/g)].map(([, service = ""]) => service),
  ];
}

function withoutSuffix(app: string): string {
  return app.replace(/\.[^.]*$/, "");
}
