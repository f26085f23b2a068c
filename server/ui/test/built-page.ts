import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const ui = resolve(import.meta.dirname, "..");
const vite = resolve(ui, "../../node_modules/vite/bin/vite.js");

/** Builds the page that the server serves, unless it is newer than everything it is made of. */
export function buildPage(): void {
  const index = join(ui, "dist/index.html");
  const built = existsSync(index) ? statSync(index).mtimeMs : 0;
  const sources = readdirSync(join(ui, "src"), { recursive: true, encoding: "utf8" })
    .map((file) => join(ui, "src", file))
    .concat(join(ui, "index.html"), join(ui, "vite.config.ts"));
  if (sources.every((file) => statSync(file).mtimeMs < built)) return;
  const { NODE_ENV: _test, ...env } = process.env;
  const { status, stderr } = spawnSync(process.execPath, [vite, "build", "--logLevel=warn", ui], {
    encoding: "utf8",
    env,
  });
  if (status !== 0) throw new Error(`the page does not build:\n${stderr}`);
}
