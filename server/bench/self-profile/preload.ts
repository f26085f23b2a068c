// Loaded by `--import` into every thread of the profiled server: each starts the SDK with the thread's name as a tag.
import { isMainThread } from "node:worker_threads";
import pyroscope from "@pyrospan/sdk-node";

const serverAddress = process.env.SELF_PROFILE_ADDRESS;
if (serverAddress !== undefined) {
  pyroscope.start({
    appName: "pyrospan",
    serverAddress,
    flushIntervalMs: 1000,
    tags: { thread: isMainThread ? "main" : "ingest" },
  });
}
