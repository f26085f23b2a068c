import { formatPercent, formatValue } from "../format/value.ts";
import { type FrameIndex, type FrameTable, nameOf, ROOT_FRAME } from "./frame-table.ts";

/** A frame in one line, for the status line and for screen readers. */
export function describeFrame(table: FrameTable, frame: FrameIndex, unit: string): string {
  const whole = table.total[ROOT_FRAME]!;
  const self = table.self[frame]!;
  const total = table.total[frame]!;
  return [
    `${nameOf(table, frame)} — total ${formatValue(total, unit)} (${formatPercent(total, whole)})`,
    `self ${formatValue(self, unit)} (${formatPercent(self, whole)})`,
    `level ${table.level[frame]}`,
  ].join(", ");
}
