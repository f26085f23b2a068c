// `npm run bench -- scale [--full | --short] [--json FILE]`: how latency, ingest and memory grow with what is stored.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { printCurves } from "./scale/curves.ts";
import { measurePoint, type ScalePoint } from "./scale/measure-point.ts";

const million = 1_000_000;
const { values } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    /** Small stores, few questions: to see that it works, not what it measures. */
    short: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
const { full, short } = values;
const sampleCounts = short
  ? [0.15 * million, 0.3 * million]
  : [million, 10 * million, ...(full ? [100 * million] : [])];
const seriesCounts = short ? [100, 1000] : [1000, 10_000, 100_000];
const repeats = short ? { questions: 3, pushes: 30 } : { questions: 15, pushes: 300 };

const bySamples: ScalePoint[] = [];
for (const samples of sampleCounts) {
  bySamples.push(await measurePoint({ samples, series: seriesCounts[0]! }, repeats));
}
printCurves(
  `stored samples, in ${count(seriesCounts[0]!)} series and one for each service`,
  bySamples,
  ({ size }) => size.samples,
);

const bySeries: ScalePoint[] = [bySamples[0]!];
for (const series of seriesCounts.slice(1)) {
  bySeries.push(await measurePoint({ samples: sampleCounts[0]!, series }, repeats));
}
printCurves(`series, with ${count(sampleCounts[0]!)} samples`, bySeries, ({ size }) => size.series);

if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ bySamples, bySeries }, null, 2)}\n`);
}

function count(value: number): string {
  return value.toLocaleString("en");
}
