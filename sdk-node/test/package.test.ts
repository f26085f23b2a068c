import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { VERSION } from "../src/version.ts";

const packageJson = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as { version: string; dependencies: Record<string, string> };

it("says its version on profiles", () => {
  expect(VERSION).toBe(packageJson.version);
});

it("pins the engine, whose inner modules it uses", () => {
  expect(packageJson.dependencies["@datadog/pprof"]).toMatch(/^\d+\.\d+\.\d+$/);
});
