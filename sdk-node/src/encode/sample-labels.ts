import type { LabelInit, ProfileBuilder } from "@pyrospan/pprof";
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
  /** By what users set, the sets of spans that samples were taken in with it. */
  private readonly spans = new Map<number, Map<SpanRecord, number>>();
  private readonly named = new Map<number, number>();

  constructor(builder: ProfileBuilder) {
    this.builder = builder;
  }

  /** The label set index of a context; 0 where there is none. */
  of(context: SampleContext | undefined): number {
    if (context === undefined) return 0;
    const labels = labelsOf(context);
    const plain = labels === undefined ? 0 : this.plainSet(labels);
    const span = spanOf(context);
    return span === undefined ? plain : this.spanSet(plain, span);
  }

  /** Makes the label sets of spans, with the names that spans have now, in steps. */
  *closeSpans(): Generator<void, void, void> {
    const inits = new Map(Array.from(this.plain, ([labels, set]) => [set, initsOf(labels)]));
    for (const [plain, spans] of this.spans) {
      const others = inits.get(plain) ?? [];
      for (const [span, set] of spans) {
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
    let set = this.plain.get(labels);
    if (set === undefined) {
      set = this.builder.labelSet(initsOf(labels));
      this.plain.set(labels, set);
    }
    return set;
  }

  private spanSet(plain: number, span: SpanRecord): number {
    let spans = this.spans.get(plain);
    if (spans === undefined) {
      spans = new Map();
      this.spans.set(plain, spans);
    }
    let set = spans.get(span);
    if (set === undefined) {
      set = this.builder.laterLabelSet();
      spans.set(span, set);
    }
    return set;
  }
}

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
