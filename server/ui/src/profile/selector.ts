/**
 * The label selector for a service and a filter that the reader typed: matchers separated by commas, with or
 * without braces. An empty service matches every one. The filter is not checked here, the server's message is better.
 */
export function labelSelector(service: string, filter: string): string {
  const matchers: string[] = [];
  if (service !== "") matchers.push(`service_name=${quote(service)}`);
  const inner = filter
    .trim()
    .replace(/^\{(.*)\}$/s, "$1")
    .replace(/,\s*$/, "")
    .trim();
  if (inner !== "") matchers.push(inner);
  return `{${matchers.join(",")}}`;
}

/** A label value in quotes, as a selector writes it. */
export function quote(value: string): string {
  return `"${value.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n")}"`;
}
