import { frameColor, NEUTRAL_COLOR } from "../flame/frame-color.ts";
import { formatPercent, formatValue } from "../format/value.ts";
import type { FunctionSummary } from "./summarize.ts";

/** One function: its color in the flame graph, name, self and total. */
export function FunctionRow(props: {
  readonly row: FunctionSummary;
  readonly rowIndex: number;
  readonly unit: string;
  readonly whole: number;
  readonly marked: boolean;
  readonly onMark: () => void;
}) {
  const { row, rowIndex, unit, whole, marked, onMark } = props;
  const color = frameColor(row.label);
  return (
    <tr aria-rowindex={rowIndex} data-marked={marked}>
      <td className="function-name">
        <div>
          <span
            className="swatch"
            style={{ background: `var(--frame-${color === NEUTRAL_COLOR ? "neutral" : color})` }}
          />
          <button type="button" onClick={onMark} aria-pressed={marked} title={row.label}>
            {row.label || "(no name)"}
          </button>
        </div>
      </td>
      <ValueCell value={row.self} unit={unit} whole={whole} />
      <ValueCell value={row.total} unit={unit} whole={whole} />
    </tr>
  );
}

function ValueCell({ value, unit, whole }: { value: number; unit: string; whole: number }) {
  return (
    <td className="function-value">
      <span className="share" style={{ width: `${whole > 0 ? (100 * value) / whole : 0}%` }} />
      <span className="value">{formatValue(value, unit)}</span>
      <span className="percent">{formatPercent(value, whole)}</span>
    </td>
  );
}
