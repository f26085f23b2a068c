/** Measures text in pixels. */
export type MeasureText = (text: string) => number;

/** The text, or as much of its beginning as fits with an ellipsis; empty when not even three letters would. */
export function fitText(text: string, width: number, measure: MeasureText): string {
  if (width < 18) return "";
  const full = measure(text);
  if (full <= width) return text;
  let low = 0;
  let high = Math.min(text.length, Math.ceil((text.length * width) / full) + 4);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(`${text.slice(0, middle)}…`) <= width) low = middle;
    else high = middle - 1;
  }
  return low < 2 ? "" : `${text.slice(0, low)}…`;
}
