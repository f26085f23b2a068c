import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { DEFAULT_DECODE_LIMITS, decodePprof, type Profile } from "@pyrospan/pprof";

/** The real profiles that bodies are made from. */
export type RecordingName = "go-cpu" | "go-heap" | "node-wall";

const own = resolve(import.meta.dirname, "recordings");
const shared = resolve(import.meta.dirname, "../../../../shared/fixtures/pprof/go");

/** Where each recording lies, best first. */
const files: Readonly<Record<RecordingName, readonly string[]>> = {
  "go-cpu": [
    resolve(shared, "explore_go-samples-process_cpu-5m.pb.gz"),
    resolve(own, "go-cpu.pb.gz"),
  ],
  "go-heap": [resolve(shared, "alloy_big-heap.pprof"), resolve(own, "go-heap.pb.gz")],
  "node-wall": [resolve(own, "node-wall.pb.gz")],
};

/** Whether the recording is at hand. */
export function hasRecording(name: RecordingName): boolean {
  return files[name].some((file) => existsSync(file));
}

/** Decodes a recording; throws when it is not at hand. */
export function loadRecording(name: RecordingName): Profile {
  const file = files[name].find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`no recording ${name}, see recordings/README.md`);
  const bytes = readFileSync(file);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return decodePprof(isGzip ? gunzipSync(bytes) : bytes, DEFAULT_DECODE_LIMITS);
}
