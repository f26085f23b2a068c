import { readFileSync } from "node:fs";
import type { BuildInfo } from "./metrics.ts";

/** Version of this package, and the revision it was built from where the environment of the build said so. */
export const buildInfo: BuildInfo = {
  version: readVersion(),
  revision: process.env.PYROSPAN_BUILD_REVISION ?? "",
  branch: process.env.PYROSPAN_BUILD_BRANCH ?? "",
};

function readVersion(): string {
  const url = new URL("../package.json", import.meta.url);
  const parsed = JSON.parse(readFileSync(url, "utf8")) as { version: string };
  return parsed.version;
}
