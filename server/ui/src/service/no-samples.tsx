import { profileTypeLabel } from "../profile/profile-type.ts";
import type { PageState } from "../state/page-state.ts";
import type { Navigate } from "../state/use-page-state.ts";
import { WiderSearch } from "./wider-search.tsx";

/** Nothing matches: says of what, and offers what may help. */
export function NoSamples(props: {
  readonly state: PageState;
  readonly navigate: Navigate;
  /** Profile types that the service has in the time range, once they are known. */
  readonly types: readonly string[] | undefined;
}) {
  const { state, navigate, types } = props;
  // Labels rarely match nothing of one type only.
  const others = state.filter === "" ? types?.filter((type) => type !== state.type) : [];
  return (
    <div className="notice">
      <h2>No samples</h2>
      {types?.length === 0 ? (
        <p>
          <strong>{state.service}</strong> has no profiles in this time range. Choose another
          service above, or a longer range.
        </p>
      ) : (
        <p>
          <strong>{state.service}</strong> has no {profileTypeLabel(state.type)} in this time range
          {state.filter === "" ? "" : " with these labels"}.
        </p>
      )}
      <div className="notice-actions">
        {others?.map((type) => (
          <button key={type} type="button" onClick={() => navigate({ type })}>
            Show {profileTypeLabel(type)}
          </button>
        ))}
        <WiderSearch state={state} navigate={navigate} />
      </div>
    </div>
  );
}
