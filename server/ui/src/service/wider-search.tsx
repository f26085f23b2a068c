import type { PageState } from "../state/page-state.ts";
import { isLonger, relativeRanges } from "../state/time-range.ts";
import type { Navigate } from "../state/use-page-state.ts";

/** Buttons that ask for more than what nothing was found of: without the labels, or in a longer time range. */
export function WiderSearch({ state, navigate }: { state: PageState; navigate: Navigate }) {
  return (
    <>
      {state.filter !== "" && (
        <button type="button" onClick={() => navigate({ filter: "" })}>
          Clear the labels
        </button>
      )}
      {relativeRanges
        .filter((each) => isLonger(each.from, state))
        .map((each) => (
          <button
            key={each.from}
            type="button"
            onClick={() => navigate({ from: each.from, until: "now" })}
          >
            Last {each.label}
          </button>
        ))}
    </>
  );
}
