/** The resource of a span, as both majors of the SDK have it. */
export interface SpanResource {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** While true, reading `attributes` logs an error. */
  readonly asyncAttributesPending?: boolean;
  /** 2.x: what is known so far, promises among the values; of equal names the first counts. */
  getRawAttributes?(): readonly (readonly [name: string, value: unknown])[];
}

/** Resource attributes and the profile labels that Grafana compares them with. */
const LABELS = [
  ["service.name", "service_name"],
  ["service.namespace", "service_namespace"],
] as const;

/** The profile labels of a resource, as far as they are known: some of its attributes may still be looked up. */
export function labelsOfResource(resource: SpanResource | undefined): Record<string, string> {
  const labels: Record<string, string> = {};
  const attributes = attributesOf(resource);
  for (const [attribute, label] of LABELS) {
    const value = attributes[attribute];
    if (typeof value === "string" && value !== "") labels[label] = value;
  }
  return labels;
}

function attributesOf(resource: SpanResource | undefined): Readonly<Record<string, unknown>> {
  if (resource === undefined) return {};
  if (!resource.asyncAttributesPending) return resource.attributes;
  // Of equal names, the last one stays in an object.
  return Object.fromEntries([...(resource.getRawAttributes?.() ?? [])].reverse());
}
