import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { findNode } from "../../sdk-node/test/nodes.mjs";

const run = promisify(execFile);

// `node --expose-gc test/leak.mjs 5000000` runs millions.
for (const major of [20, 24]) {
  const node = findNode(major);
  describe.skipIf(node === undefined)(`300,000 spans on Node ${major}`, () => {
    it("leave nothing behind", async () => {
      const script = fileURLToPath(new URL("./leak.mjs", import.meta.url));
      const { stdout } = await run(node!, ["--expose-gc", script, "300000"]);
      const { grownMB, watched, alive } = JSON.parse(stdout);
      expect(watched).toBeGreaterThan(900);
      expect(alive).toBeLessThanOrEqual(watched / 10);
      expect(grownMB).toBeLessThan(10);
    }, 240_000);
  });
}
