import { profileTypeLabel } from "../profile/profile-type.ts";
import type { PageState } from "../state/page-state.ts";
import { relativeRanges } from "../state/time-range.ts";
import type { Navigate } from "../state/use-page-state.ts";

/** Nothing matches: says of what, and offers what may help. */
export function NoSamples({ state, navigate }: { state: PageState; navigate: Navigate }) {
  return (
    <div className="notice">
      <h2>No samples</h2>
      <p>
        <strong>{state.service}</strong> has no {profileTypeLabel(state.type)} in this time range
        {state.filter === "" ? "" : " with these labels"}.
      </p>
      <div className="notice-actions">
        {state.filter !== "" && (
          <button type="button" onClick={() => navigate({ filter: "" })}>
            Clear the labels
          </button>
        )}
        {relativeRanges
          .filter((each) => each.from !== state.from || state.until !== "now")
          .map((each) => (
            <button
              key={each.from}
              type="button"
              onClick={() => navigate({ from: each.from, until: "now" })}
            >
              Last {each.label}
            </button>
          ))}
      </div>
    </div>
  );
}
