import { profileTypeLabel } from "../profile/profile-type.ts";
import type { ViewProps } from "../state/view-props.ts";
import { FilterBox } from "./filter-box.tsx";
import { RangePicker } from "./range-picker.tsx";
import type { Services } from "./use-services.ts";

/** What is looked at: service, profile type, more labels, time range. */
export function QueryBar(props: ViewProps & { readonly choices: Services }) {
  const { state, navigate, range, refresh, choices } = props;
  return (
    <div className="query-bar">
      <label className="field">
        <span>Service</span>
        <select
          value={state.service}
          onChange={({ target }) =>
            navigate({ service: target.value, type: choices.typeIn(target.value) })
          }
        >
          {withChosen(choices.services, state.service).map((service) => (
            <option key={service} value={service}>
              {service}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>Profile</span>
        <select
          value={state.type}
          title={state.type}
          disabled={state.type === "" && choices.types.length === 0}
          onChange={(event) => navigate({ type: event.target.value })}
        >
          {withChosen(choices.types, state.type).map((type) => (
            <option key={type} value={type}>
              {profileTypeLabel(type)}
            </option>
          ))}
        </select>
      </label>
      <FilterBox filter={state.filter} onChange={(filter) => navigate({ filter })} />
      <RangePicker
        from={state.from}
        until={state.until}
        range={range}
        onChange={(change) => navigate(change)}
      />
      <button type="button" onClick={refresh} title="Load again up to now">
        Refresh
      </button>
    </div>
  );
}

/** The choices, and what the address says even if it is none of them. */
function withChosen(choices: readonly string[], chosen: string): readonly string[] {
  return chosen === "" || choices.includes(chosen) ? choices : [chosen, ...choices];
}
