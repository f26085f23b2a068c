import { parseTraceIdentifier } from "../state/trace-identifier.ts";
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
  const wellFormed = parseTraceIdentifier(id) !== undefined;
  return (
    <div className="notice">
      <h2>No samples of this {span ? "span" : "trace"}</h2>
      <p>
        <code>{id}</code>
      </p>
      <p>
        {wellFormed
          ? "It ran too short to be sampled, its profile has not been sent yet (that takes up to 15 seconds), or it was not recorded by this server."
          : "This is no id: a span id has 16 hex digits, a trace id 32."}
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
