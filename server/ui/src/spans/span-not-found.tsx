import { isSpanId, isTraceId } from "../state/trace-identifier.ts";
import { useLookAgain } from "../state/use-look-again.ts";
import type { Navigate } from "../state/use-page-state.ts";

/** No samples of an id: says which, and what the reason may be. */
export function SpanNotFound(props: {
  readonly span: string;
  readonly trace: string;
  readonly navigate: Navigate;
  readonly retry: () => void;
}) {
  const { span, trace, navigate, retry } = props;
  const id = span || trace;
  const wellFormed = isSpanId(span) && isTraceId(trace);
  useLookAgain(retry, wellFormed);
  return (
    <div className="notice">
      <h2>{wellFormed ? `No samples of this ${span ? "span" : "trace"}` : "Not an id"}</h2>
      <p>
        <code>{id}</code>
      </p>
      <p>
        {wellFormed
          ? "Its profile may not have been sent yet: that takes up to 15 seconds, and the page goes on looking. Otherwise it ran too short to be sampled, or its profiles are not on this server."
          : "A span id has 16 hex digits, a trace id 32."}
      </p>
      <div className="notice-actions">
        <button type="button" onClick={retry}>
          Look again
        </button>
        <button type="button" onClick={() => navigate({ view: "spans" })}>
          List spans
        </button>
      </div>
    </div>
  );
}
