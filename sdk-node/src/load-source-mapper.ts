import { createRequire } from "node:module";
import type { SourceMapper } from "@datadog/pprof";

/**
 * The class that reads source maps: `await SourceMapper.create([folder])` makes one for the option `sourceMapper`.
 * Loaded when asked for: few applications need it, and it takes the source map library along.
 */
export function loadSourceMapper(): typeof SourceMapper {
  const require = createRequire(import.meta.url);
  return require("@datadog/pprof/out/src/sourcemapper/sourcemapper.js").SourceMapper;
}
