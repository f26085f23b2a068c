import { type ReactNode, useEffect, useRef, useState } from "react";
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
  const [customOpen, setCustomOpen] = useState(false);
  const usual = relativeRanges.some((each) => each.from === from) && until === "now";
  const relative = isRelative(from) && isRelative(until);
  const label = usual
    ? "Custom"
    : relative
      ? `${from} – ${until}`
      : formatSpanOfTime(range.start, range.end);
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
      <Popup open={customOpen} onToggle={setCustomOpen} chosen={!usual} label={label}>
        <CustomRange
          // Not the range itself: that of a relative one moves on while somebody types.
          key={`${from} ${until}`}
          range={range}
          onApply={({ start, end }) => {
            onChange({ from: String(start), until: String(end) });
            setCustomOpen(false);
          }}
        />
      </Popup>
    </fieldset>
  );
}

/** What is inside exists while it is open. Escape and a click elsewhere close it. */
function Popup(props: {
  readonly open: boolean;
  readonly onToggle: (open: boolean) => void;
  readonly chosen: boolean;
  readonly label: string;
  readonly children: ReactNode;
}) {
  const { open, onToggle, chosen, label, children } = props;
  const details = useRef<HTMLDetailsElement>(null);
  const summary = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!open) return;
    const onPointerDown = (event: PointerEvent) => {
      if (!details.current!.contains(event.target as Node)) onToggle(false);
    };
    document.addEventListener("pointerdown", onPointerDown);
    return () => document.removeEventListener("pointerdown", onPointerDown);
  }, [open, onToggle]);
  return (
    <details
      ref={details}
      className="range-custom"
      open={open}
      onToggle={(event) => onToggle(event.currentTarget.open)}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        onToggle(false);
        summary.current!.focus();
      }}
    >
      <summary ref={summary} data-chosen={chosen}>
        {label}
      </summary>
      {open && children}
    </details>
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
