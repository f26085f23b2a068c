import { useLayoutEffect, useRef } from "react";
import { formatPercent, formatValue } from "../format/value.ts";
import { type FrameIndex, type FrameTable, nameOf, ROOT_FRAME } from "./frame-table.ts";

/** Where the pointer is, in CSS pixels of the window. */
export interface TooltipPosition {
  readonly x: number;
  readonly y: number;
}

/** Name, total and self of the frame under the pointer. */
export function FrameTooltip(props: {
  readonly table: FrameTable;
  readonly frame: FrameIndex;
  readonly zoom: FrameIndex;
  readonly unit: string;
  readonly position: TooltipPosition;
}) {
  const { table, frame, zoom, unit, position } = props;
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const tooltip = element.current!;
    const { offsetWidth, offsetHeight } = tooltip;
    const x = Math.min(position.x + 14, window.innerWidth - offsetWidth - 8);
    const below = position.y + 18;
    const y = below + offsetHeight > window.innerHeight ? position.y - offsetHeight - 10 : below;
    tooltip.style.transform = `translate(${Math.max(8, x)}px, ${Math.max(8, y)}px)`;
  });
  const total = table.total[frame]!;
  const self = table.self[frame]!;
  const whole = table.total[ROOT_FRAME]!;
  const zoomed = zoom !== ROOT_FRAME && table.level[frame]! >= table.level[zoom]!;
  return (
    <div ref={element} className="tooltip" role="tooltip">
      <div className="tooltip-name">{nameOf(table, frame)}</div>
      <table>
        <tbody>
          <tr>
            <th scope="row">Total</th>
            <td>{formatValue(total, unit)}</td>
            <td>{formatPercent(total, whole)}</td>
          </tr>
          <tr>
            <th scope="row">Self</th>
            <td>{formatValue(self, unit)}</td>
            <td>{formatPercent(self, whole)}</td>
          </tr>
          {zoomed && (
            <tr>
              <th scope="row">Of zoomed</th>
              <td />
              <td>{formatPercent(total, table.total[zoom]!)}</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
