import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { ExpressInstrumentation, ExpressLayerType } from "@opentelemetry/instrumentation-express";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, type SpanProcessor } from "@opentelemetry/sdk-trace-base";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { PyrospanSpanProcessor } from "@pyrospan/otel-span-processor";

/**
 * OpenTelemetry as most services set it up: http and express instrumentation, an OTLP exporter where
 * `OTEL_EXPORTER_OTLP_ENDPOINT` says so, and one more line, the Pyrospan processor.
 *
 * Call it before http or express are loaded: both are patched at load.
 */
export function startTracing(serviceName: string, extra: readonly SpanProcessor[]): void {
  const exporters = process.env.OTEL_EXPORTER_OTLP_ENDPOINT
    ? [new BatchSpanProcessor(new OTLPTraceExporter())]
    : [];
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ "service.name": serviceName }),
    // On every span: express does the work of a request in child spans, and Grafana offers a flame graph where the id is.
    spanProcessors: [new PyrospanSpanProcessor({ profileIdOn: "every" }), ...exporters, ...extra],
  });
  provider.register();
  registerInstrumentations({
    tracerProvider: provider,
    instrumentations: [
      new HttpInstrumentation(),
      // Handlers are all called "request handler" otherwise: the route tells them apart in a list of spans.
      new ExpressInstrumentation({
        spanNameHook: ({ request, route, layerType }, name) =>
          layerType === ExpressLayerType.REQUEST_HANDLER ? `${request.method} ${route}` : name,
      }),
    ],
  });
}
