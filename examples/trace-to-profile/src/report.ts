import type { SpanReport } from "./span-profile.ts";

/** Progress, for people: on standard error, so that standard output holds the report only. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The spans as text for people, or as one line of JSON each. */
export function printReport(spans: readonly SpanReport[], json: boolean): void {
  for (const span of spans) {
    process.stdout.write(json ? `${JSON.stringify(span)}\n` : `${spanText(span)}\n`);
  }
  if (spans.length === 0) say("no sample fell into any span: give the load more --seconds");
}

function spanText(span: SpanReport): string {
  const lines = [
    `${span.route}  ${span.durationMs} ms  ${span.samples} samples`,
    `  trace ${span.traceId}  span ${span.spanId}`,
    ...span.top.map((f) => `  ${(f.selfNanos / 1e6).toFixed(1).padStart(8)} ms  ${f.function}`),
    `  ${span.url}`,
  ];
  return `${lines.join("\n")}\n`;
}
