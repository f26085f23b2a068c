/** The resource of a span, as both majors of the SDK have it. */
export interface SpanResource {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** While true, reading `attributes` logs an error. */
  readonly asyncAttributesPending?: boolean;
}

/** Resource attributes and the profile labels that Grafana compares them with. */
const LABELS = [
  ["service.name", "service_name"],
  ["service.namespace", "service_namespace"],
] as const;

/** The profile labels of a resource. */
export function labelsOfResource(resource: SpanResource | undefined): Record<string, string> {
  const labels: Record<string, string> = {};
  if (resource === undefined || resource.asyncAttributesPending) return labels;
  for (const [attribute, label] of LABELS) {
    const value = resource.attributes[attribute];
    if (typeof value === "string" && value !== "") labels[label] = value;
  }
  return labels;
}
