import { Session } from "node:inspector/promises";

/** Ends whatever samples this thread's heap, as a debugger does that samples it for itself. */
export async function endHeapSampling(): Promise<void> {
  const session = new Session();
  session.connect();
  await session.post("HeapProfiler.enable");
  await session.post("HeapProfiler.startSampling");
  await session.post("HeapProfiler.stopSampling");
  session.disconnect();
}
