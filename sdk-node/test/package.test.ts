import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { VERSION } from "../src/version.ts";

const packageJson = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as { version: string; dependencies: Record<string, string> };

it("says its version on profiles", () => {
  expect(VERSION).toBe(packageJson.version);
});

it.each(["@datadog/pprof", "undici"])("pins %s, whose inner modules it uses", (name) => {
  expect(packageJson.dependencies[name]).toMatch(/^\d+\.\d+\.\d+$/);
});
