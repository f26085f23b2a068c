import { useCallback, useMemo, useState } from "react";
import { ExploreView } from "./explore/explore-view.tsx";
import { useSlashForSearch } from "./profile/use-slash-for-search.ts";
import { SpanView } from "./spans/span-view.tsx";
import { SpansView } from "./spans/spans-view.tsx";
import { resolveRange } from "./state/time-range.ts";
import { type Navigate, usePageState } from "./state/use-page-state.ts";
import { PageHeader } from "./ui/page-header.tsx";

/** The whole page: a header, and the view that the address asks for. */
export function App() {
  const [state, navigateTo] = usePageState();
  // "now" of relative ranges: stands still, so that a zoom or a search asks for nothing new.
  const [now, setNow] = useState(() => Date.now());
  const refresh = useCallback(() => setNow(Date.now()), []);
  const navigate = useCallback<Navigate>(
    (change, how) => {
      if (change.from !== undefined || change.view !== undefined) setNow(Date.now());
      navigateTo(change, how);
    },
    [navigateTo],
  );
  const { from, until } = state;
  const range = useMemo(() => resolveRange(from, until, now), [from, until, now]);
  useSlashForSearch();

  const view = { state, navigate, range, refresh, loadedAt: now };
  return (
    <div className="page">
      <PageHeader state={state} navigate={navigate} />
      <main className="view">
        {state.view === "explore" && <ExploreView {...view} />}
        {state.view === "spans" && <SpansView {...view} />}
        {state.view === "span" && <SpanView state={state} navigate={navigate} />}
      </main>
    </div>
  );
}
