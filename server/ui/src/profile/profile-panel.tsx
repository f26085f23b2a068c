import { useMemo } from "react";
import { FlameGraph } from "../flame/flame-graph.tsx";
import { type FrameIndex, type FrameTable, ROOT_FRAME } from "../flame/frame-table.ts";
import { parseSearch, search } from "../flame/search.ts";
import { findZoom, zoomKey } from "../flame/zoom-key.ts";
import { FunctionTable } from "../functions/function-table.tsx";
import type { PageState } from "../state/page-state.ts";
import type { Navigate } from "../state/use-page-state.ts";
import { Progress } from "../ui/progress.tsx";
import { SearchField } from "./search-field.tsx";
import { ZoomPath } from "./zoom-path.tsx";

/** A profile: its flame graph beside its functions, with one search and one zoom for both. */
export function ProfilePanel(props: {
  readonly table: FrameTable;
  /** Sample unit of the profile type. */
  readonly unit: string;
  readonly loading: boolean;
  readonly state: PageState;
  readonly navigate: Navigate;
}) {
  const { table, unit, loading, state, navigate } = props;
  const result = useMemo(() => {
    const term = parseSearch(state.search);
    return term ? search(table, term) : undefined;
  }, [table, state.search]);
  const zoom = useMemo(() => findZoom(table, state.zoom), [table, state.zoom]);
  const zoomTo = (frame: FrameIndex) => navigate({ zoom: zoomKey(table, frame) });

  return (
    <section className="profile" aria-label="Profile" aria-busy={loading}>
      <Progress active={loading} />
      <div className="profile-bar">
        <SearchField
          text={state.search}
          result={result}
          whole={table.total[ROOT_FRAME]!}
          unit={unit}
          onChange={(text) => navigate({ search: text }, "replace")}
        />
        <ZoomPath table={table} zoom={zoom} unit={unit} onZoom={zoomTo} />
      </div>
      <div className="profile-split">
        <FlameGraph
          table={table}
          unit={unit}
          zoom={zoom}
          matches={result?.matches}
          onZoom={zoomTo}
        />
        <FunctionTable
          table={table}
          unit={unit}
          search={state.search}
          matches={result?.matches}
          sort={state.sort}
          navigate={navigate}
        />
      </div>
    </section>
  );
}
