/** Rows drawn beyond the edges, so that quick scrolling shows no gaps. */
const OVERSCAN = 8;

/** Which of `count` rows of one height are on the screen: from `first` up to, not including, `last`. */
export function visibleRows(
  count: number,
  rowHeight: number,
  scrollTop: number,
  height: number,
): { readonly first: number; readonly last: number } {
  const last = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + OVERSCAN);
  const first = Math.max(0, Math.min(Math.floor(scrollTop / rowHeight) - OVERSCAN, last));
  return { first, last };
}
