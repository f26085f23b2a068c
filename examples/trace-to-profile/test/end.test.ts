import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

// Who is killed removes no temporary folder.
let folder: string;
afterEach(() => rm(folder, { recursive: true }));

test.each(["SIGHUP", "SIGKILL"] as const)(
  "leaves no server behind when it ends by %s",
  async (signal) => {
    expect(existsSync(main), "compile first: npm run build").toBe(true);
    folder = await mkdtemp(join(tmpdir(), "pyrospan-test-"));
    const child = spawn(process.execPath, [main, "--json", "--seconds", "1", "--port", "0"], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, TMPDIR: folder },
    });
    const ended = new Promise((resolve) => {
      child.once("exit", (code, by) => resolve(code ?? by));
    });
    const url = await new Promise<string>((resolve) => {
      createInterface({ input: child.stderr }).on("line", (line) => {
        const page = /^The page: (\S+)/.exec(line)?.[1];
        if (page !== undefined) resolve(page);
      });
    });
    expect((await fetch(new URL("/ready", url))).status).toBe(200);
    child.kill(signal);
    expect(await ended).toBe(signal === "SIGKILL" ? signal : 0);
    // It writes what it holds before it ends, and answers meanwhile.
    const answers = (): Promise<boolean> =>
      fetch(new URL("/ready", url)).then(
        () => true,
        () => false,
      );
    while (await answers());
  },
  60_000,
);
