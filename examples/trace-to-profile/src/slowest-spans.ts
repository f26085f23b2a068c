import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace-base";

/** A finished span, as the report needs it. */
export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  /** The route pattern, such as `/checkout`; the span's name where it has none. */
  readonly route: string;
  readonly startMs: number;
  readonly durationMs: number;
}

/** Remembers the slowest spans that ended, and no more than it was asked to. */
export class SlowestSpans implements SpanProcessor {
  private spans: FinishedSpan[] = [];
  private readonly routes = new Map<string, string>();
  private readonly keep: number;

  constructor(keep: number) {
    this.keep = keep;
  }

  /** The slowest spans so far, slowest first. Spans of one trace share the route of its server span. */
  slowest(): FinishedSpan[] {
    this.trim();
    return this.spans.map((span) => ({
      ...span,
      route: this.routes.get(span.traceId) ?? span.route,
    }));
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    const { traceId, spanId } = span.spanContext();
    const route = span.attributes["http.route"];
    if (typeof route === "string" && route !== "/") this.routes.set(traceId, route);
    this.spans.push({
      traceId,
      spanId,
      name: span.name,
      route: typeof route === "string" ? route : span.name,
      startMs: span.startTime[0] * 1e3 + span.startTime[1] / 1e6,
      durationMs: span.duration[0] * 1e3 + span.duration[1] / 1e6,
    });
    if (this.spans.length > 10 * this.keep) this.trim();
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {
    this.spans = [];
  }

  private trim(): void {
    this.spans.sort((a, b) => b.durationMs - a.durationMs);
    this.spans.length = Math.min(this.spans.length, this.keep);
    const traces = new Set(this.spans.map((span) => span.traceId));
    for (const traceId of this.routes.keys()) if (!traces.has(traceId)) this.routes.delete(traceId);
  }
}
