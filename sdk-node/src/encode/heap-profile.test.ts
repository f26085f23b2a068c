import { checkProfile, textOf } from "@pyrospan/pprof";
import { expect, it } from "vitest";
import type { HeapNode } from "../collect/heap-engine.ts";
import { heapProfile } from "./heap-profile.ts";

const node = (name: string, parts: Partial<HeapNode> = {}): HeapNode => ({
  name,
  scriptName: "/app/a.js",
  scriptId: 1,
  lineNumber: 2,
  columnNumber: 3,
  children: [],
  allocations: [],
  ...parts,
});

it("sums sizes and counts, with the period that Grafana knows", () => {
  const leaf = node("make", {
    lineNumber: 9,
    allocations: [
      { sizeBytes: 100, count: 3 },
      { sizeBytes: 1_000, count: 1 },
    ],
  });
  const steps = heapProfile(node("(root)", { children: [node("main", { children: [leaf] })] }), {
    startMs: 1,
    endMs: 3,
    intervalBytes: 524_288,
    externalBytes: 77,
  });
  let step = steps.next();
  while (!step.done) step = steps.next();
  checkProfile(step.value);
  expect(textOf(step.value).trim().split("\n")).toEqual([
    "@types inuse_objects=count inuse_space=bytes",
    "@period space=bytes 524288",
    "@time 1000000",
    "@duration 2000000",
    "@default inuse_space",
    "main@/app/a.js:2:3;make@/app/a.js:9:3 inuse_objects=4 inuse_space=1300B",
    "(external) inuse_objects=1 inuse_space=77B",
  ]);
});
