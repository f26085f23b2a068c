import { describe, expect, it } from "vitest";
import { runTimed } from "../../test/run-timed.ts";
import { dotGraph } from "./dot.ts";
import { PartitionFrames } from "./partition-frames.ts";
import { parseProfileType } from "./profile-type.ts";
import { runAtOnce } from "./sliced.ts";
import type { LocationDetail } from "./stack-details.ts";

/** A profile in which one function calls so many others, each with a value of its own. */
function flat(functions: number) {
  const frames = new PartitionFrames();
  const locations = new Map<number, LocationDetail>();
  for (let id = 1; id <= functions + 1; id++) {
    const name = id === 1 ? "main" : `f${id}`;
    frames.addFunction(id, name);
    frames.addLocation(id, [id], 0, 1);
    frames.addStack(id, id === 1 ? 0 : 1, id);
    locations.set(id, {
      mapping: undefined,
      address: 0n,
      folded: false,
      lines: [
        {
          function: { name, systemName: name, filename: "", startLine: 0n },
          line: 0n,
          column: 0n,
        },
      ],
    });
  }
  runAtOnce(frames.link());
  const stacks = Uint32Array.from({ length: functions }, (_, i) => i + 2);
  const values = BigInt64Array.from(stacks, (stack) => BigInt(stack));
  return { part: { partition: "1", frames, stacks, values }, details: new Map([["1", locations]]) };
}

describe("a call graph", () => {
  it("of twenty thousand functions is drawn in short steps", () => {
    const { part, details } = flat(20_000);
    const steps = dotGraph([part], details, {
      type: parseProfileType("process_cpu:cpu:nanoseconds:cpu:nanoseconds"),
      endMs: 0,
      maxNodes: 20_001,
    });
    const { result: dot, longestMs } = runTimed(steps);
    expect(longestMs).toBeLessThan(500);
    expect(dot.match(/^N\d+ \[/gm)).toHaveLength(20_001);
    expect(dot.match(/^N1 -> N\d+ \[/gm)).toHaveLength(20_000);
  });
});
