import { type PointerEvent, type RefObject, useState } from "react";
import type { TimeRange } from "../state/time-range.ts";

/** A shorter drag is a click, which selects nothing. In pixels. */
const LEAST_DRAG = 4;
/** Shorter selections hold no profile. */
const LEAST_RANGE_MS = 1_000;

/** Selecting a time range by dragging over an element whose width stands for `range`. */
export function useBrush(
  ref: RefObject<HTMLElement | null>,
  range: TimeRange,
  onSelect: (range: TimeRange) => void,
) {
  const [pointer, setPointer] = useState<number>();
  const [drag, setDrag] = useState<{ from: number; to: number }>();

  const toTime = (x: number): number => {
    const box = ref.current!.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (x - box.left) / box.width));
    return Math.round(range.start + share * (range.end - range.start));
  };
  const selectionOf = ({ from, to }: { from: number; to: number }): TimeRange | undefined =>
    Math.abs(to - from) < LEAST_DRAG
      ? undefined
      : { start: toTime(Math.min(from, to)), end: toTime(Math.max(from, to)) };

  return {
    /** Time under the pointer. */
    pointer,
    /** What is selected so far. */
    selection: drag && selectionOf(drag),
    handlers: {
      onPointerDown: (event: PointerEvent<HTMLElement>) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: event.clientX, to: event.clientX });
      },
      onPointerMove: (event: PointerEvent<HTMLElement>) => {
        setPointer(toTime(event.clientX));
        setDrag((before) => before && { ...before, to: event.clientX });
      },
      onPointerUp: (event: PointerEvent<HTMLElement>) => {
        const selection = drag && selectionOf({ ...drag, to: event.clientX });
        setDrag(undefined);
        if (selection && selection.end - selection.start >= LEAST_RANGE_MS) onSelect(selection);
      },
      onPointerCancel: () => setDrag(undefined),
      onPointerLeave: () => setPointer(undefined),
    },
  };
}
