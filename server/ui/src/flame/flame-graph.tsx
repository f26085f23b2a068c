import {
  type KeyboardEvent,
  type MouseEvent,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from "react";
import { formatCount } from "../format/value.ts";
import { useTheme } from "../state/theme.ts";
import { useElementSize } from "../state/use-element-size.ts";
import { describeFrame } from "./describe-frame.ts";
import { type Direction, moveFocus } from "./focus.ts";
import { type FrameIndex, type FrameTable, NO_FRAME, ROOT_FRAME } from "./frame-table.ts";
import { FrameTooltip } from "./frame-tooltip.tsx";
import { deepestLevel, frameAt, isWithin } from "./layout.ts";
import { LEVEL_HEIGHT } from "./paint.ts";
import { type Palette, readPalette } from "./palette.ts";
import { useFlameCanvas } from "./use-flame-canvas.ts";

/** Where the pointer is: in the window, and from the top left of the canvas, in CSS pixels. */
interface Pointer {
  readonly x: number;
  readonly y: number;
  readonly left: number;
  readonly top: number;
}

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};

/**
 * A flame graph that grows downwards, on a canvas the size of what is on the screen. One click zooms; the arrow keys
 * move the focus, Enter zooms to it, Escape resets, and the focused frame is announced.
 */
export function FlameGraph(props: {
  readonly table: FrameTable;
  readonly unit: string;
  readonly zoom: FrameIndex;
  readonly matches: Uint8Array | undefined;
  readonly onZoom: (frame: FrameIndex) => void;
}) {
  const { table, unit, zoom, matches, onZoom } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = useElementSize(scroller);
  const [scrollTop, setScrollTop] = useState(0);
  const [focus, setFocus] = useState({ table, frame: NO_FRAME });
  const [pointer, setPointer] = useState<Pointer | undefined>();
  const [hasFocus, setHasFocus] = useState(false);
  const [palette, setPalette] = useState<Palette | undefined>();
  const { dark } = useTheme();
  const statusId = useId();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme decides what the style sheet says.
  useEffect(() => {
    if (scroller.current) setPalette(readPalette(scroller.current));
  }, [dark]);

  // A frame's index means nothing in another profile.
  const focused = focus.table === table ? focus.frame : NO_FRAME;
  const viewport = useMemo(() => ({ zoom, width }), [zoom, width]);
  // Looked up each time: zoom, scrolling and new data move the frames under a pointer that rests.
  const frameUnder = ({ left, top }: Pointer): FrameIndex =>
    frameAt(table, viewport, Math.floor((top + scrollTop) / LEVEL_HEIGHT), left);
  const hovered = pointer ? frameUnder(pointer) : NO_FRAME;
  const levels = useMemo(() => deepestLevel(table, zoom) + 1, [table, zoom]);
  useFlameCanvas(canvas, {
    table,
    viewport,
    matches,
    focused: hasFocus ? focused : NO_FRAME,
    hovered,
    scrollTop,
    height,
    palette,
  });

  const pointerOf = ({ clientX: x, clientY: y }: MouseEvent): Pointer => {
    const box = canvas.current!.getBoundingClientRect();
    return { x, y, left: x - box.left, top: y - box.top };
  };
  const focusOn = (frame: FrameIndex) => {
    setFocus({ table, frame });
    const top = table.level[frame]! * LEVEL_HEIGHT;
    const element = scroller.current!;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + LEVEL_HEIGHT > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + LEVEL_HEIGHT - element.clientHeight;
    }
  };
  const zoomTo = (frame: FrameIndex) => {
    if (frame === NO_FRAME) return;
    focusOn(frame);
    onZoom(frame);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const direction = ARROWS[event.key];
    const current = focused !== NO_FRAME && isVisible(table, zoom, focused) ? focused : zoom;
    if (direction && !event.altKey && !event.ctrlKey && !event.metaKey) {
      focusOn(focused === NO_FRAME ? zoom : moveFocus(table, viewport, current, direction));
    } else if (event.key === "Enter" || event.key === " ") zoomTo(current);
    else if (event.key === "Escape" || event.key === "Home") zoomTo(ROOT_FRAME);
    else return;
    event.preventDefault();
    // What the keys reach is described, not what the pointer was left on.
    setPointer(undefined);
  };

  const described = hovered !== NO_FRAME ? hovered : focused !== NO_FRAME ? focused : zoom;
  return (
    <div className="flame">
      <div
        ref={scroller}
        className="flame-scroll"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the frames are reached by the arrow keys from here.
        tabIndex={0}
        role="application"
        aria-roledescription="flame graph"
        aria-label={`Flame graph of ${formatCount(table.length)} frames. Arrow keys move among frames, Enter zooms, Escape resets. ${describeFrame(table, focused === NO_FRAME ? zoom : focused, unit)}`}
        aria-describedby={statusId}
        onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
        onKeyDown={onKeyDown}
        onFocus={(event) => {
          setHasFocus(true);
          if (focused === NO_FRAME && event.currentTarget.matches(":focus-visible")) focusOn(zoom);
        }}
        onBlur={() => setHasFocus(false)}
        onPointerMove={(event) => setPointer(pointerOf(event))}
        onPointerLeave={() => setPointer(undefined)}
        onClick={(event) => zoomTo(frameUnder(pointerOf(event)))}
      >
        <canvas ref={canvas} className="flame-canvas" data-pointer={hovered !== NO_FRAME} />
        <div style={{ height: Math.max(0, levels * LEVEL_HEIGHT - height) }} />
      </div>
      <output className="flame-status" id={statusId} aria-live="polite">
        {describeFrame(table, described, unit)}
      </output>
      {pointer && hovered !== NO_FRAME && (
        <FrameTooltip table={table} frame={hovered} zoom={zoom} unit={unit} position={pointer} />
      )}
    </div>
  );
}

/** On the screen at this zoom: inside the zoomed frame or one of its callers. */
function isVisible(table: FrameTable, zoom: FrameIndex, frame: FrameIndex): boolean {
  return isWithin(table, zoom, frame) || isWithin(table, frame, zoom);
}
