// `npm run bench -- scale [--full] [--json FILE]`: how latency, ingest and memory grow with what is stored.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { printCurves } from "./scale/curves.ts";
import { measurePoint, type ScalePoint } from "./scale/measure-point.ts";

const million = 1_000_000;
const { values } = parseArgs({
  options: { full: { type: "boolean", default: false }, json: { type: "string" } },
});
const sampleCounts = values.full ? [million, 10 * million, 100 * million] : [million, 10 * million];
const seriesCounts = [1000, 10_000, 100_000];

const bySamples: ScalePoint[] = [];
for (const samples of sampleCounts) {
  bySamples.push(await measurePoint({ samples, series: seriesCounts[0]! }));
}
printCurves("stored samples, in 1,000 series", bySamples, ({ size }) => size.samples);

const bySeries: ScalePoint[] = [bySamples[0]!];
for (const series of seriesCounts.slice(1)) {
  bySeries.push(await measurePoint({ samples: million, series }));
}
printCurves("series, with 1 million samples", bySeries, ({ size }) => size.series);

if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ bySamples, bySeries }, null, 2)}\n`);
}
