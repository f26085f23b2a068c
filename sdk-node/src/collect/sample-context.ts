import { type LabelSet, OWN_WORK } from "../labels.ts";
import type { SpanRecord } from "../span-link.ts";

/** What the engine keeps for a sample: the span's record alone, or with labels. */
export type SampleContext = SpanRecord | LabelledContext;

/** A span's record, if any, and the labels set by the user. */
export interface LabelledContext {
  readonly span: SpanRecord | undefined;
  readonly labels: LabelSet;
}

/** The context of samples in the profiler's own work. */
export const OWN_CONTEXT: LabelledContext = Object.freeze({ span: undefined, labels: OWN_WORK });

/** The context of a span and labels; allocates only where there are labels. */
export function contextOf(
  span: SpanRecord | undefined,
  labels: LabelSet | undefined,
): SampleContext | undefined {
  if (labels === undefined) return span;
  if (labels === OWN_WORK) return OWN_CONTEXT;
  return { span, labels };
}

/** The span of a context. */
export function spanOf(context: SampleContext): SpanRecord | undefined {
  return "spanId" in context ? context : context.span;
}

/** The labels of a context. */
export function labelsOf(context: SampleContext): LabelSet | undefined {
  return "spanId" in context ? undefined : context.labels;
}
