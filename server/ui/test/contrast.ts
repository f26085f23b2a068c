import type { Page } from "playwright-core";

/**
 * Pairs of custom properties, a color and what it stands on, whose contrast is below `least`, with what they have. As
 * WCAG 2.2 counts it: text needs 4.5, borders and shapes that mean something need 3.
 */
export function lowContrast(
  page: Page,
  pairs: readonly (readonly string[])[],
  least: number,
): Promise<string[]> {
  return page.evaluate(
    ({ pairs, least }) => {
      const probe = document.body.appendChild(document.createElement("span"));
      const canvas = document
        .createElement("canvas")
        .getContext("2d", { willReadFrequently: true })!;
      const luminance = (property: string): number => {
        probe.style.color = `var(${property})`;
        canvas.fillStyle = getComputedStyle(probe).color;
        canvas.fillRect(0, 0, 1, 1);
        const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((byte) => {
          const share = byte / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
      };
      const low: string[] = [];
      for (const [front, behind] of pairs) {
        const [light, dark] = [luminance(front!), luminance(behind!)].sort((a, b) => b - a);
        const ratio = (light! + 0.05) / (dark! + 0.05);
        if (ratio < least) low.push(`${front} on ${behind}: ${ratio.toFixed(2)}`);
      }
      probe.remove();
      return low;
    },
    { pairs, least },
  );
}
