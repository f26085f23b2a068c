import type { LabelInit, ProfileBuilder, Steps } from "@pyrospan/pprof";
import { labelsOf, type SampleContext, spanOf } from "../collect/sample-context.ts";
import type { LabelSet } from "../labels.ts";
import type { SpanRecord } from "../span-link.ts";

/**
 * The label sets of a profile. Those of spans are made at the end: spans are renamed while they run, HTTP servers' for
 * instance when the route is known, and samples taken before should not keep the old name. Until then nothing is kept
 * for a span but its number, because under load nearly every sample has one of its own.
 */
export class SampleLabels {
  private readonly builder: ProfileBuilder;
  /** Label sets of what users set alone. */
  private readonly plain = new Map<LabelSet, number>();
  /** By the label set of what users set (0 for nothing), the spans in which samples were taken with it. */
  private readonly spans = new Map<number, LabelledSpans>();
  private readonly named = new Map<number, number>();

  constructor(builder: ProfileBuilder) {
    this.builder = builder;
  }

  /** The label set index of a context; 0 where there is none. */
  of(context: SampleContext | undefined): number {
    if (context === undefined) return 0;
    const labels = labelsOf(context) ?? NO_LABELS;
    const plain = this.plainSet(labels);
    const span = spanOf(context);
    return span === undefined ? plain : this.spanSet(plain, labels, span);
  }

  /** Makes the label sets of spans, with the names that spans have now, in steps. */
  *closeSpans(): Steps<void> {
    for (const { labels, sets } of this.spans.values()) {
      const others = initsOf(labels);
      for (const [span, set] of sets) {
        const own = spanInits(span);
        const rest = others.filter(({ key }) => own.every((label) => label.key !== key));
        this.named.set(set, this.builder.labelSet([...rest, ...own]));
        if (this.named.size % SETS_PER_STEP === 0) yield;
      }
    }
  }

  /** The label set in place of one from {@link of}, once spans are closed. */
  closed(set: number): number {
    return this.named.get(set) ?? set;
  }

  private plainSet(labels: LabelSet): number {
    if (labels === NO_LABELS) return 0;
    let set = this.plain.get(labels);
    if (set === undefined) {
      set = this.builder.labelSet(initsOf(labels));
      this.plain.set(labels, set);
    }
    return set;
  }

  private spanSet(plain: number, labels: LabelSet, span: SpanRecord): number {
    let spans = this.spans.get(plain);
    if (spans === undefined) {
      spans = { labels, sets: new Map() };
      this.spans.set(plain, spans);
    }
    let set = spans.sets.get(span);
    if (set === undefined) {
      set = this.builder.laterLabelSet();
      spans.sets.set(span, set);
    }
    return set;
  }
}

/** Spans in which samples were taken with these labels, and the label set of each. */
interface LabelledSpans {
  readonly labels: LabelSet;
  readonly sets: Map<SpanRecord, number>;
}

const NO_LABELS: LabelSet = Object.freeze({});

const SETS_PER_STEP = 16;

function initsOf(labels: LabelSet): LabelInit[] {
  const inits: LabelInit[] = [];
  for (const [key, value] of Object.entries(labels)) {
    if (value !== "") inits.push({ key, str: String(value) });
  }
  return inits;
}

function spanInits({ spanId, traceId, name }: SpanRecord): LabelInit[] {
  const inits = [
    { key: "span_id", str: spanId },
    { key: "trace_id", str: traceId },
  ];
  return name === "" ? inits : [...inits, { key: "span_name", str: name }];
}
