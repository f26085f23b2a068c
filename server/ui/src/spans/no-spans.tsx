import { profileTypeLabel } from "../profile/profile-type.ts";
import { WiderSearch } from "../service/wider-search.tsx";
import type { PageState } from "../state/page-state.ts";
import type { Navigate } from "../state/use-page-state.ts";

/** No span has samples: offers to look further, and says how spans get into profiles where there are some without. */
export function NoSpans(props: {
  readonly state: PageState;
  readonly navigate: Navigate;
  /** Profile types that the service has in the time range, once they are known. */
  readonly types: readonly string[] | undefined;
}) {
  const { state, navigate, types } = props;
  const spanless = state.filter === "" && types?.includes(state.type);
  return (
    <div className="notice">
      <h2>No spans with samples</h2>
      <p>
        No sample of <strong>{state.service}</strong> ({profileTypeLabel(state.type)}) in this time
        range{state.filter === "" ? "" : " with these labels"} belongs to a span.
        {spanless &&
          " Add the span processor to the OpenTelemetry setup of a Node.js program, if it has none yet:"}
      </p>
      {spanless && (
        <pre>
          <code>{`import { PyrospanSpanProcessor } from "@pyrospan/otel-span-processor";

new NodeTracerProvider({
  spanProcessors: [new PyrospanSpanProcessor()],
}).register();`}</code>
        </pre>
      )}
      <div className="notice-actions">
        <WiderSearch state={state} navigate={navigate} />
        <button type="button" onClick={() => navigate({ view: "explore" })}>
          Show the whole service
        </button>
      </div>
    </div>
  );
}
