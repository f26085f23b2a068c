import { afterAll, describe, expect, it } from "vitest";
import { runStress } from "./attribution/run-stress.mjs";
import { percent, TABLE_HEAD, tableRow } from "./attribution/score.mjs";
import { findNode } from "./nodes.mjs";

const table: string[] = [];
afterAll(() => {
  process.stdout.write(`${TABLE_HEAD}\n${table.join("\n")}\n`);
});

// `npm run matrix` runs Node 22 and 26 as well, and fetches what a machine lacks.
for (const major of [20, 24]) {
  const node = findNode(major);
  describe.skipIf(node === undefined)(`attribution on Node ${major}`, () => {
    it("gives samples to the span that was active where they were taken", async () => {
      const result = await runStress({ node: node!, profiler: "pyrospan" });
      table.push(tableRow(result));
      const { inSpans, outside } = result;
      expect(inSpans.right).toBeGreaterThan(500);
      expect(percent(inSpans.right, inSpans)).toBeGreaterThanOrEqual(99.9);
      expect(percent(inSpans.other, inSpans)).toBeLessThanOrEqual(0.1);
      expect(outside.right).toBeGreaterThan(0);
      expect(outside.other).toBe(0);
    }, 240_000);

    it("is printed beside @pyroscope/nodejs", async () => {
      const result = await runStress({
        node: node!,
        profiler: "pyroscope-nodejs",
        options: ["--rounds=1"],
      });
      table.push(tableRow(result));
    }, 240_000);
  });
}
