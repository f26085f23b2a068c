import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const server = resolve(import.meta.dirname, "..");

it("the program of the README runs", async () => {
  const readme = await readFile(join(server, "README.md"), "utf8");
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  expect(code).toContain("startServer");
  // Inside the package, so that its dependencies are found.
  const folder = await mkdtemp(join(server, "readme-"));
  try {
    await writeFile(join(folder, "readme.ts"), code);
    const { NODE_OPTIONS: _options, ...env } = process.env;
    const child = spawn(
      resolve(server, "../node_modules/.bin/node"),
      ["--conditions=source", "readme.ts"],
      {
        cwd: folder,
        env: { ...env, UV_THREADPOOL_SIZE: "16" },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const exited = once(child, "exit");
    const output = Buffer.concat((await child.stdout.toArray()) as Buffer[]).toString();
    expect(output).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
    expect(await exited).toEqual([0, null]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
