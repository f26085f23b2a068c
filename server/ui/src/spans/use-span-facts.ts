import { useMemo } from "react";
import { findSpan } from "../api/spans.ts";
import { useQuery } from "../state/use-query.ts";
import { groupSpans, type SpanFacts } from "./span-facts.ts";

/** What is known of the span or the trace of an address. */
export interface FoundSpans {
  /** What the address asks for: one span, or all of a trace. Undefined while it is looked up, empty if nothing is known. */
  readonly chosen: readonly SpanFacts[] | undefined;
  /** The spans of the trace, if it has any. */
  readonly ofTrace: readonly SpanFacts[];
  readonly error: unknown;
}

/**
 * Looks up a span, a trace, or a span of a trace; two empty ids ask nothing. Profiles need not carry trace ids: a span
 * that its trace does not have is looked up by itself. A new `attempt` looks again.
 */
export function useSpanFacts(span: string, trace: string, attempt: number): FoundSpans {
  const whole = useFound(trace === "" ? undefined : { trace }, attempt);
  const inTrace = useMemo(
    () => (span === "" ? whole.spans : whole.spans?.filter((each) => each.spanId === span)),
    [whole.spans, span],
  );
  const byItself = span !== "" && (trace === "" || inTrace?.length === 0);
  const alone = useFound(byItself ? { span } : undefined, attempt);
  return {
    chosen: byItself ? alone.spans : inTrace,
    ofTrace: whole.spans ?? [],
    error: whole.error ?? alone.error,
  };
}

function useFound(id: Parameters<typeof findSpan>[0] | undefined, attempt: number) {
  const text = id && ("span" in id ? `span ${id.span}` : `trace ${id.trace}`);
  const { data, error } = useQuery(text && `${text} ${attempt}`, async (signal) => ({
    of: text,
    spans: groupSpans(await findSpan(id!, signal)),
  }));
  // While another id is looked up, the answer is still that of the one before.
  return { spans: data?.of === text ? data?.spans : undefined, error };
}
