import { checkProfile, runAtOnce, textOf } from "@pyrospan/pprof";
import { describe, expect, it } from "vitest";
import { contextOf, OWN_CONTEXT, type SampleContext } from "../collect/sample-context.ts";
import type { TimeNode, TimeTree } from "../collect/time-engine.ts";
import { TimeProfileBuilder, type TimeProfiles } from "./time-profile.ts";

const span = { traceId: "0".repeat(31).concat("1"), spanId: "0".repeat(15).concat("2"), name: "" };

function node(name: string, parts: Partial<TimeNode> = {}): TimeNode {
  return {
    name,
    scriptName: parts.hitCount === undefined && !parts.children ? "" : "file:///app/a.mjs",
    scriptId: 1,
    lineNumber: 0,
    columnNumber: 0,
    hitCount: 0,
    children: [],
    ...parts,
  };
}

function tree(children: TimeNode[], parts: Partial<TimeTree> = {}): TimeTree {
  return { topDownRoot: node("(root)", { children }), startTime: 0, endTime: 0, ...parts };
}

function profilesOf(trees: readonly TimeTree[], collectCpuTime: boolean = true): TimeProfiles {
  const builder = new TimeProfileBuilder({
    startMs: 1_000,
    intervalMicros: 10_000,
    collectCpuTime,
  });
  for (const one of trees) {
    for (const _ of builder.add(one, (context) => context as SampleContext | undefined));
  }
  const profiles = finished(builder, 16_000);
  checkProfile(profiles.wall);
  if (profiles.cpu !== undefined) checkProfile(profiles.cpu);
  return profiles;
}

function finished(builder: TimeProfileBuilder, endMs: number): TimeProfiles {
  return runAtOnce(builder.finish(endMs));
}

const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");

describe("TimeProfileBuilder", () => {
  it("keeps spans and labels apart and adds equal ones up over several trees", () => {
    const labelled = contextOf({ ...span, name: "GET /" }, Object.freeze({ route: "x", n: 7 }));
    const work = node("work", {
      lineNumber: 3,
      columnNumber: 5,
      hitCount: 5,
      contexts: [
        { context: span, cpuTime: 4_000 },
        { context: span, cpuTime: 2_000 },
        { context: labelled!, cpuTime: 1_000 },
        { context: OWN_CONTEXT, cpuTime: 9_999 },
      ],
    });
    const main = node("main", { scriptName: "/app/main.js", lineNumber: 1, children: [work] });
    const { wall, cpu } = profilesOf([tree([main]), tree([main])]);
    expect(lines(textOf(wall))).toEqual([
      "@types samples=count wall=nanoseconds",
      "@period wall=nanoseconds 10000000",
      "@time 1000000000",
      "@duration 15000000000",
      `main@/app/main.js:1;work@/app/a.mjs:3:5 samples=4 wall=40ms span_id="${span.spanId}" trace_id="${span.traceId}"`,
      `main@/app/main.js:1;work@/app/a.mjs:3:5 samples=2 wall=20ms n="7" route=x span_id="${span.spanId}" span_name="GET /" trace_id="${span.traceId}"`,
      "main@/app/main.js:1;work@/app/a.mjs:3:5 samples=2 wall=20ms",
    ]);
    expect(textOf(cpu!)).toContain("@types samples=count cpu=nanoseconds");
    expect(textOf(cpu!)).toContain("samples=4 cpu=12us span_id");
    expect(textOf(cpu!)).toContain('samples=2 cpu=2us n="7"');
  });

  it("gives all samples of a span the name that it has in the end", () => {
    const record = { ...span, name: "GET" };
    const work = (context: SampleContext) =>
      tree([node("work", { hitCount: 1, contexts: [{ context }] })]);
    const builder = new TimeProfileBuilder({
      startMs: 0,
      intervalMicros: 10_000,
      collectCpuTime: false,
    });
    const add = (one: TimeTree) => {
      for (const _ of builder.add(one, (context) => context as SampleContext | undefined));
    };
    add(work(record));
    add(work(contextOf(record, Object.freeze({ route: "x" }))!));
    record.name = "GET /cart";
    add(work(record));
    expect(textOf(finished(builder, 1).wall).match(/work@.*/g)).toEqual([
      `work@/app/a.mjs samples=2 wall=20ms span_id="${span.spanId}" span_name="GET /cart" trace_id="${span.traceId}"`,
      `work@/app/a.mjs samples=1 wall=10ms route=x span_id="${span.spanId}" span_name="GET /cart" trace_id="${span.traceId}"`,
    ]);
  });

  it("weighs by the interval that was kept", () => {
    const busy = node("busy", { hitCount: 50 });
    const idle = node("(idle)", { hitCount: 50 });
    const { wall } = profilesOf([tree([busy, idle], { startTime: 0, endTime: 1_500_000 })], false);
    expect(textOf(wall)).toContain("busy@/app/a.mjs samples=50 wall=750ms");
    // Too few samples to believe a long interval.
    const few = node("busy", { hitCount: 1 });
    const short = profilesOf([tree([few], { startTime: 0, endTime: 1_500_000 })], false);
    expect(textOf(short.wall)).toContain("samples=1 wall=20ms");
  });

  it("gives idle and native time no wall, and puts their CPU under the runtime without a span", () => {
    const contexts = [{ context: span, cpuTime: 1_000 }];
    const { wall, cpu } = profilesOf([
      tree(
        [
          node("(idle)", { hitCount: 9, contexts }),
          node("(program)", { hitCount: 2, contexts }),
          node("(garbage collector)", { hitCount: 1, contexts }),
        ],
        { nonJSThreadsCpuTime: 5_000 },
      ),
    ]);
    const wallSamples = lines(textOf(wall)).filter((line) => !line.includes("samples=0"));
    expect(wallSamples.slice(4)).toEqual([
      `Node.js;"Garbage Collection" samples=1 wall=10ms span_id="${span.spanId}" trace_id="${span.traceId}"`,
    ]);
    expect(lines(textOf(cpu!)).slice(4).sort()).toEqual([
      `Node.js;"Garbage Collection" samples=1 cpu=1us span_id="${span.spanId}" trace_id="${span.traceId}"`,
      'Node.js;"Non JS threads activity" samples=0 cpu=5us',
      "Node.js;(program) samples=2 cpu=2us",
    ]);
  });

  it("tells functions without a name apart by their place", () => {
    const anonymous = (line: number) =>
      node("", { hitCount: 1, lineNumber: line, columnNumber: 9 });
    const { wall } = profilesOf([tree([anonymous(3), anonymous(4)])], false);
    expect(textOf(wall)).toContain("(anonymous:L#3:C#9)@/app/a.mjs:3:9 ");
    expect(textOf(wall)).toContain("(anonymous:L#4:C#9)@/app/a.mjs:4:9 ");
  });

  it("takes stacks of any depth", () => {
    let deep = node("leaf", { hitCount: 1 });
    for (let i = 0; i < 20_000; i++) deep = node("f", { lineNumber: 1, children: [deep] });
    const { wall } = profilesOf([tree([deep])], false);
    expect(wall.samples.locations).toHaveLength(20_001);
  });

  it("maps places with the application's source maps and shortens paths", () => {
    const builder = new TimeProfileBuilder({
      startMs: 0,
      intervalMicros: 10_000,
      collectCpuTime: false,
      shortenPaths: true,
      stripFilenames: undefined,
      sourceMapper: {
        mappingInfo: (place) => {
          if (place.name === "odd") throw new Error("no map");
          return { ...place, file: "/x/node_modules/pkg/src/a.ts", line: 30 };
        },
      },
    });
    const script = `${process.cwd()}/dist/a.js`;
    const work = { hitCount: 1, lineNumber: 3, columnNumber: 1, scriptName: script };
    for (const _ of builder.add(
      tree([node("mapped", work), node("odd", { ...work, lineNumber: 4 })]),
      () => undefined,
    ));
    const text = textOf(finished(builder, 1).wall);
    expect(text).toContain("mapped@pkg/src/a.ts:30:1");
    expect(text).toContain("odd@./dist/a.js:4:1");
  });
});
