import { profileTypeLabel } from "../profile/profile-type.ts";
import type { PageState } from "../state/page-state.ts";
import type { Navigate } from "../state/use-page-state.ts";

/** No span has samples: says how spans get into profiles. */
export function NoSpans({ state, navigate }: { state: PageState; navigate: Navigate }) {
  return (
    <div className="notice">
      <h2>No spans with samples</h2>
      <p>
        No sample of <strong>{state.service}</strong> ({profileTypeLabel(state.type)}) in this time
        range belongs to a span. Add the span processor to the OpenTelemetry setup of a Node.js
        program:
      </p>
      <pre>
        <code>{`import { PyrospanSpanProcessor } from "@pyrospan/otel-span-processor";

new NodeTracerProvider({ spanProcessors: [new PyrospanSpanProcessor()] }).register();`}</code>
      </pre>
      <div className="notice-actions">
        <button type="button" onClick={() => navigate({ view: "explore" })}>
          Show the whole service
        </button>
      </div>
    </div>
  );
}
