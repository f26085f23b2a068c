import { spawnSync } from "node:child_process";
import { delimiter, join, resolve } from "node:path";
import { expect, it } from "vitest";

const bin = resolve(import.meta.dirname, "../../node_modules/.bin");

/** The command as npm links it: what `npx pyrospan` runs. It needs the compiled program. */
function pyrospan(...args: string[]) {
  const { NODE_OPTIONS: _options, ...env } = process.env;
  return spawnSync(join(bin, "pyrospan"), args, {
    encoding: "utf8",
    env: { ...env, PATH: `${bin}${delimiter}${env.PATH}` },
  });
}

it("`pyrospan server` hands its flags to the server, and so does `pyrospan` alone", () => {
  const { stdout, status } = pyrospan("server", "-version");
  expect(stdout).toMatch(/^pyrospan, version \d/);
  expect(status).toBe(0);
  expect(pyrospan("-version").stdout).toBe(stdout);
  expect(pyrospan("server", "-help").stdout).toContain("-server.http-listen-port (default 4040)");
  const refused = pyrospan("server", "-nope");
  expect(refused.stderr).toContain("flag provided but not defined: -nope");
  expect(refused.status).toBe(2);
});
