import { useRef, useState } from "react";
import { formatSpanOfTime, fromLocalInput, toLocalInput } from "../format/time.ts";
import { isRelative, relativeRanges, type TimeRange } from "../state/time-range.ts";

/** Time range: one of the usual ones up to now, or two moments. */
export function RangePicker(props: {
  readonly from: string;
  readonly until: string;
  readonly range: TimeRange;
  readonly onChange: (change: { from: string; until: string }) => void;
}) {
  const { from, until, range, onChange } = props;
  const details = useRef<HTMLDetailsElement>(null);
  const usual = relativeRanges.some((each) => each.from === from) && until === "now";
  const relative = isRelative(from) && isRelative(until);
  return (
    <fieldset className="range" aria-label="Time range">
      <div className="segments">
        {relativeRanges.map((each) => (
          <button
            key={each.from}
            type="button"
            aria-pressed={until === "now" && from === each.from}
            onClick={() => onChange({ from: each.from, until: "now" })}
          >
            {each.label}
          </button>
        ))}
      </div>
      <details ref={details} className="range-custom">
        <summary data-chosen={!usual}>
          {usual
            ? "Custom"
            : relative
              ? `${from} – ${until}`
              : formatSpanOfTime(range.start, range.end)}
        </summary>
        <CustomRange
          key={`${range.start} ${range.end}`}
          range={range}
          onApply={({ start, end }) => {
            onChange({ from: String(start), until: String(end) });
            if (details.current) details.current.open = false;
          }}
        />
      </details>
    </fieldset>
  );
}

function CustomRange(props: { range: TimeRange; onApply: (range: TimeRange) => void }) {
  const [from, setFrom] = useState(toLocalInput(props.range.start));
  const [until, setUntil] = useState(toLocalInput(props.range.end));
  const start = fromLocalInput(from);
  const end = fromLocalInput(until);
  const valid = start !== undefined && end !== undefined && start < end;
  return (
    <form
      className="range-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (valid) props.onApply({ start, end });
      }}
    >
      <label>
        From
        <input
          type="datetime-local"
          step="1"
          value={from}
          onChange={(event) => setFrom(event.target.value)}
        />
      </label>
      <label>
        Until
        <input
          type="datetime-local"
          step="1"
          value={until}
          onChange={(event) => setUntil(event.target.value)}
        />
      </label>
      <button type="submit" disabled={!valid}>
        Apply
      </button>
    </form>
  );
}
