import type { LabelInit, ProfileBuilder } from "@pyrospan/pprof";
import { labelsOf, type SampleContext, spanOf } from "../collect/sample-context.ts";

/** The label sets of a profile. */
export class SampleLabels {
  private readonly builder: ProfileBuilder;
  private readonly known = new Map<SampleContext, number>();

  constructor(builder: ProfileBuilder) {
    this.builder = builder;
  }

  /** The label set index of a context; 0 where there is none. */
  of(context: SampleContext | undefined): number {
    if (context === undefined) return 0;
    let set = this.known.get(context);
    if (set === undefined) {
      set = this.builder.labelSet(labelInits(context));
      this.known.set(context, set);
    }
    return set;
  }
}

function labelInits(context: SampleContext): LabelInit[] {
  const labels = new Map<string, string>();
  for (const [key, value] of Object.entries(labelsOf(context) ?? {})) {
    if (value !== "") labels.set(key, String(value));
  }
  const span = spanOf(context);
  if (span !== undefined) {
    labels.set("span_id", span.spanId);
    labels.set("trace_id", span.traceId);
    if (span.name !== "") labels.set("span_name", span.name);
  }
  return Array.from(labels, ([key, str]) => ({ key, str }));
}
