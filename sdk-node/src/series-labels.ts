import type { Config } from "./config.ts";
import type { Reporter } from "./logger.ts";
import { spanLink } from "./span-link.ts";
import { VERSION } from "./version.ts";

/** The service name of profiles when nobody named the service, as OpenTelemetry has it. */
const UNKNOWN_SERVICE = "unknown_service:node";

/**
 * The labels of every profile but its name. What tracing knows of the service is used where the configuration is
 * silent: Grafana finds a span's profile by comparing the two.
 */
export function seriesLabels(
  config: Pick<Config, "appName" | "tags">,
  reporter: Reporter,
): Record<string, string> {
  const resource = spanLink().source?.resourceLabels() ?? {};
  const known = named(resource.service_name);
  if (config.appName !== undefined && known !== undefined && known !== config.appName) {
    reporter.warnOnce(
      "service-name",
      `profiles say service_name "${config.appName}", spans say service.name "${known}": Grafana finds no profile for a span`,
    );
  }
  return {
    pyroscope_spy: "nodespy",
    "otel.scope.name": "@pyrospan/sdk-node",
    "otel.scope.version": VERSION,
    "process.runtime.name": "nodejs",
    "process.runtime.version": process.versions.node,
    service_name: config.appName ?? known ?? UNKNOWN_SERVICE,
    ...resourceNamespace(resource),
    ...config.tags,
  };
}

function resourceNamespace(resource: Readonly<Record<string, string>>): Record<string, string> {
  const namespace = resource.service_namespace;
  return namespace === undefined ? {} : { service_namespace: namespace };
}

/** A name that somebody gave, not the stand-in that the OpenTelemetry SDK makes up. */
function named(serviceName: string | undefined): string | undefined {
  return serviceName?.startsWith("unknown_service") ? undefined : serviceName;
}
