import { burnerIn } from "./burn.mjs";

/** Counts the samples inside burners: with the right span, with another's, with none. */
export function score(samples, spanOfBurner) {
  const inSpans = { right: 0, other: 0, none: 0 };
  const outside = { right: 0, other: 0 };
  for (const { frames, spanId, count } of samples) {
    const name = frames.map(burnerIn).find((burner) => burner !== undefined);
    if (name === undefined) continue;
    if (name === "burn_outside") {
      outside[spanId === undefined ? "right" : "other"] += count;
      continue;
    }
    const expected = spanOfBurner.get(name);
    inSpans[spanId === expected ? "right" : spanId === undefined ? "none" : "other"] += count;
  }
  return { inSpans, outside };
}

/** The share of samples in percent. */
export function percent(part, counts) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return total === 0 ? Number.NaN : (100 * part) / total;
}

/** One line of the table. */
export function tableRow({ node, profiler, mode, inSpans, outside }) {
  const total = inSpans.right + inSpans.other + inSpans.none;
  const cells = [
    node,
    profiler,
    mode,
    String(total),
    percent(inSpans.right, inSpans).toFixed(2),
    percent(inSpans.other, inSpans).toFixed(2),
    percent(inSpans.none, inSpans).toFixed(2),
    percent(outside.right, outside).toFixed(2),
  ];
  return `| ${cells.join(" | ")} |`;
}

export const TABLE_HEAD = [
  "| Node | profiler | contexts | samples in spans | right span % | another's % | none % | outside: none % |",
  "| --- | --- | --- | --- | --- | --- | --- | --- |",
].join("\n");
