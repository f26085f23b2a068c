import {
  flush,
  init,
  setLogger,
  start,
  startKind,
  stop,
  stopKind,
  wrapWithLabels,
} from "./default-profiler.ts";
import { getLabels, setLabels, withLabels } from "./labels.ts";
import { loadSourceMapper } from "./load-source-mapper.ts";
import { expressMiddleware, fastifyMiddleware } from "./pull/middleware.ts";

export type { PyroscopeConfig, PyroscopeHeapConfig, PyroscopeWallConfig } from "./config.ts";
export type { ProfileKind } from "./create-collector.ts";
export {
  createProfiler,
  flush,
  init,
  setLogger,
  start,
  stop,
  wrapWithLabels,
} from "./default-profiler.ts";
export type { SourceLocation, SourceMapper } from "./encode/source-mapper.ts";
export { getLabels, type LabelSet, setLabels, withLabels } from "./labels.ts";
export type { Logger } from "./logger.ts";
export type { Profiler } from "./profiler.ts";
export { expressMiddleware, fastifyMiddleware } from "./pull/middleware.ts";
export type { UploadStats } from "./push/uploader.ts";

// For tracing integrations.
export { type SpanLink, type SpanRecord, type SpanSource, spanLink } from "./span-link.ts";

const startWallProfiling = (): void => startKind("wall");
const startHeapProfiling = (): void => startKind("heap");
const stopWallProfiling = (): Promise<void> => stopKind("wall");
const stopHeapProfiling = (): Promise<void> => stopKind("heap");

/** Everything that an application calls, under the names that users of `@pyroscope/nodejs` know. */
const pyroscope: {
  init: typeof init;
  start: typeof start;
  stop: typeof stop;
  flush: typeof flush;
  withLabels: typeof withLabels;
  wrapWithLabels: typeof wrapWithLabels;
  getLabels: typeof getLabels;
  setLabels: typeof setLabels;
  getWallLabels: typeof getLabels;
  setWallLabels: typeof setLabels;
  setLogger: typeof setLogger;
  startWallProfiling: () => void;
  startCpuProfiling: () => void;
  startHeapProfiling: () => void;
  stopWallProfiling: () => Promise<void>;
  stopCpuProfiling: () => Promise<void>;
  stopHeapProfiling: () => Promise<void>;
  expressMiddleware: typeof expressMiddleware;
  fastifyMiddleware: typeof fastifyMiddleware;
  readonly SourceMapper: ReturnType<typeof loadSourceMapper>;
} = {
  init,
  start,
  stop,
  flush,
  withLabels,
  wrapWithLabels,
  getLabels,
  setLabels,
  getWallLabels: getLabels,
  setWallLabels: setLabels,
  setLogger,
  startWallProfiling,
  startCpuProfiling: startWallProfiling,
  startHeapProfiling,
  stopWallProfiling,
  stopCpuProfiling: stopWallProfiling,
  stopHeapProfiling,
  expressMiddleware,
  fastifyMiddleware,
  get SourceMapper() {
    return loadSourceMapper();
  },
};

export default pyroscope;
