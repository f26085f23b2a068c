import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "pyrospan-end-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("does not wait for statements that run", () => {
  const moduleText = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const program = `
    const { endAtOnce } = await import(${moduleText("./end-at-once.ts")});
    const { openEngine } = await import(${moduleText("./store/engine.ts")});
    const engine = await openEngine(${JSON.stringify(directory)});
    void engine.query("SELECT count() FROM numbers(1e15)");
    // On another connection, after the first has begun.
    await engine.query("SELECT 1");
    endAtOnce();`;
  const child = spawnSync(
    process.execPath,
    ["--conditions=source", "--input-type=module", "-e", program],
    { encoding: "utf8", timeout: 30_000, killSignal: "SIGTERM" },
  );
  expect([child.stderr, child.signal]).toEqual(["", "SIGKILL"]);
});
