import type { LabelInit, ProfileBuilder } from "@pyrospan/pprof";
import { labelsOf, type SampleContext, spanOf } from "../collect/sample-context.ts";
import type { SpanRecord } from "../span-link.ts";

/**
 * The label sets of a profile. Names of spans come in at the end: spans are renamed while they run, HTTP servers' for
 * instance when the route is known, and samples taken before should not keep the old name.
 */
export class SampleLabels {
  private readonly builder: ProfileBuilder;
  private readonly known = new Map<SampleContext, number>();
  /** What the label sets stand for that belong to a span: they have no name yet. */
  private readonly unnamed = new Map<number, Unnamed>();
  private readonly named = new Map<number, number>();

  constructor(builder: ProfileBuilder) {
    this.builder = builder;
  }

  /** The label set index of a context; 0 where there is none. */
  of(context: SampleContext | undefined): number {
    if (context === undefined) return 0;
    let set = this.known.get(context);
    if (set === undefined) {
      const labels = labelInits(context);
      const span = spanOf(context);
      set = this.builder.labelSet(labels);
      if (span !== undefined) this.unnamed.set(set, { labels, span });
      this.known.set(context, set);
    }
    return set;
  }

  /** Takes the names that spans have now, in steps. */
  *addNames(): Generator<void, void, void> {
    for (const [set, { labels, span }] of this.unnamed) {
      if (span.name === "") continue;
      const others = labels.filter(({ key }) => key !== SPAN_NAME);
      this.named.set(set, this.builder.labelSet([...others, { key: SPAN_NAME, str: span.name }]));
      if (this.named.size % SETS_PER_STEP === 0) yield;
    }
  }

  /** The label set with the name, of one from {@link of}. */
  withName(set: number): number {
    return this.named.get(set) ?? set;
  }
}

interface Unnamed {
  readonly labels: readonly LabelInit[];
  readonly span: SpanRecord;
}

const SPAN_NAME = "span_name";

const SETS_PER_STEP = 64;

function labelInits(context: SampleContext): LabelInit[] {
  const labels = new Map<string, string>();
  for (const [key, value] of Object.entries(labelsOf(context) ?? {})) {
    if (value !== "") labels.set(key, String(value));
  }
  const span = spanOf(context);
  if (span !== undefined) {
    labels.set("span_id", span.spanId);
    labels.set("trace_id", span.traceId);
  }
  return Array.from(labels, ([key, str]) => ({ key, str }));
}
