import { expect, it } from "vitest";
import type { UnitFacts } from "./ingest/ingester.ts";
import { type RefusalLine, RefusalLog } from "./refusal-log.ts";

function refused(message: string): UnitFacts {
  return {
    profileName: "process_cpu",
    compressedBytes: 1,
    decompressedBytes: 1,
    samples: 1,
    sampleBytes: 0,
    workMs: 1,
    result: {
      ok: false,
      code: "invalid_argument",
      reason: "samples_limit",
      message,
      sizeBytes: 1,
      stage: "push",
    },
  };
}

it("writes the first of a kind at once and counts the rest into the next line", () => {
  const lines: RefusalLine[] = [];
  let now = 0;
  const log = new RefusalLog(
    (line) => lines.push(line),
    () => now,
  );
  const line = { tenant: "a", reason: "samples_limit" };
  log.unit("a", { ...refused("stored"), result: { ok: true, sizeBytes: 1 } });
  log.unit("a", refused("one"));
  log.unit("a", refused("two"));
  log.unit("b", refused("other"));
  now = 30_000;
  log.unit("a", refused("three"));
  expect(lines).toEqual([
    { ...line, profiles: 1, message: "one" },
    { ...line, tenant: "b", profiles: 1, message: "other" },
    { ...line, profiles: 2, message: "three" },
  ]);
});
