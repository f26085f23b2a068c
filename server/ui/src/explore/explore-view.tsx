import { selectFlameGraph } from "../api/querier.ts";
import { isEmpty } from "../flame/frame-table.ts";
import { ProfilePanel } from "../profile/profile-panel.tsx";
import { defaultProfileType, parseProfileType } from "../profile/profile-type.ts";
import { NoSamples } from "../service/no-samples.tsx";
import { ServiceView } from "../service/service-view.tsx";
import { useTitle } from "../state/use-title.ts";
import type { ViewProps } from "../state/view-props.ts";

/** One profile type of one service over a time range: its time line, flame graph and functions. */
export function ExploreView(props: ViewProps) {
  const { state, navigate } = props;
  useTitle(state.service);
  return (
    <ServiceView
      view={props}
      defaultType={defaultProfileType}
      what="the profile"
      load={async (query, signal) => ({
        type: query.type,
        table: await selectFlameGraph(query, signal),
      })}
    >
      {({ type, table }, loading, types) =>
        isEmpty(table) ? (
          <NoSamples state={state} navigate={navigate} types={types} />
        ) : (
          <ProfilePanel
            table={table}
            unit={parseProfileType(type).sampleUnit}
            loading={loading}
            state={state}
            navigate={navigate}
          />
        )
      }
    </ServiceView>
  );
}
