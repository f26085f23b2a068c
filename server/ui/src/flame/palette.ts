import { FRAME_COLORS } from "./frame-color.ts";

/** Colors of the canvas as the style sheet has them for the theme in force. */
export interface Palette {
  readonly frames: readonly string[];
  readonly neutral: string;
  readonly sliver: string;
  readonly dimmed: string;
  readonly text: string;
  readonly dimmedText: string;
  readonly focus: string;
  readonly background: string;
  readonly font: string;
}

/** Resolves the custom properties that a canvas cannot use by itself. `host` is any element of the page. */
export function readPalette(host: HTMLElement): Palette {
  const probe = document.createElement("span");
  host.append(probe);
  const color = (property: string): string => {
    probe.style.color = `var(${property})`;
    return getComputedStyle(probe).color;
  };
  const palette: Palette = {
    frames: Array.from({ length: FRAME_COLORS }, (_, index) => color(`--frame-${index}`)),
    neutral: color("--frame-neutral"),
    sliver: color("--frame-sliver"),
    dimmed: color("--frame-dimmed"),
    text: color("--frame-text"),
    dimmedText: color("--frame-dimmed-text"),
    focus: color("--focus"),
    background: color("--surface"),
    font: getComputedStyle(host).getPropertyValue("--frame-font").trim(),
  };
  probe.remove();
  return palette;
}
