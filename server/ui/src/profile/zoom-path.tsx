import {
  type FrameIndex,
  type FrameTable,
  nameOf,
  pathTo,
  ROOT_FRAME,
} from "../flame/frame-table.ts";
import { formatPercent, formatValue } from "../format/value.ts";

const SHOWN = 4;

/** The way from the root to the zoomed frame, each step a button, and the way back. */
export function ZoomPath(props: {
  readonly table: FrameTable;
  readonly zoom: FrameIndex;
  readonly unit: string;
  readonly onZoom: (frame: FrameIndex) => void;
}) {
  const { table, zoom, unit, onZoom } = props;
  const total = table.total[ROOT_FRAME]!;
  if (zoom === ROOT_FRAME) {
    return <div className="zoom-path zoom-path-root">{formatValue(total, unit)} in all</div>;
  }
  const path = pathTo(table, zoom).slice(1);
  const hidden = Math.max(0, path.length - SHOWN);
  return (
    <nav className="zoom-path" aria-label="Zoomed frame">
      <button
        type="button"
        className="zoom-reset"
        onClick={() => onZoom(ROOT_FRAME)}
        title="Escape"
      >
        Reset zoom
      </button>
      {hidden > 0 && <span className="zoom-hidden">… {hidden} more</span>}
      {path.slice(hidden).map((frame) => (
        <button
          key={frame}
          type="button"
          className="zoom-step"
          onClick={() => onZoom(frame)}
          aria-current={frame === zoom ? "location" : undefined}
          title={nameOf(table, frame)}
        >
          {nameOf(table, frame)}
        </button>
      ))}
      <span className="zoom-share">
        {formatValue(table.total[zoom]!, unit)} · {formatPercent(table.total[zoom]!, total)}
      </span>
    </nav>
  );
}
