import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { encodePprof, ProfileBuilder } from "@pyrospan/pprof";

/** An uncompressed pprof message to measure with. */
export interface BenchInput {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const recordings = new URL("../../../shared/fixtures/pprof/", import.meta.url);

const RECORDED = [
  ["Go CPU, 583 samples", "go/explore_go-samples-process_cpu-5m.pb.gz"],
  ["Go CPU, thread labels", "go/parca_profile-with-labels.pb.gz"],
  ["Go heap, 4,661 samples", "go/parca_alloc_objects.pb.gz"],
  ["Go heap, 41,347 samples", "go/pyroscope_heap_go_truncated_3.pb.gz"],
  ["Node wall", "nodejs/pyroscope_nodejs-wall.pb.gz"],
] as const;

/** Recordings of real programs where they are there, and always the same made-up ones. */
export function benchInputs(): BenchInput[] {
  const real = RECORDED.filter(([, file]) => existsSync(new URL(file, recordings))).map(
    ([name, file]) => ({ name, bytes: inflate(readFileSync(new URL(file, recordings))) }),
  );
  return [
    ...real,
    {
      name: "made up: Node wall, 50 spans",
      bytes: madeUp({ samples: 800, functions: 400, spans: 50 }),
    },
    {
      name: "made up: CPU, 20,000 samples",
      bytes: madeUp({ samples: 20_000, functions: 5_000, spans: 500 }),
    },
  ];
}

function inflate(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
    ? inflate(gunzipSync(bytes))
    : new Uint8Array(bytes);
}

interface Shape {
  readonly samples: number;
  readonly functions: number;
  readonly spans: number;
}

/** Stacks of 5 to 35 frames with values above 2^32 now and then, and three labels on most samples. */
function madeUp({ samples, functions, spans }: Shape): Uint8Array {
  const random = lehmer(20_260_101);
  const builder = new ProfileBuilder({
    sampleTypes: [
      { type: "samples", unit: "count" },
      { type: "wall", unit: "nanoseconds" },
    ],
    periodType: { type: "wall", unit: "nanoseconds" },
    period: 10_000_000,
    timeNanos: 1_767_225_600_123_456_789n,
    durationNanos: 15_000_000_000,
  });
  const frames = Array.from({ length: functions }, (_, i) => {
    const name = `handle${i % 7 === 0 ? "Request" : "Step"}${i}`;
    const filename = `file:///app/src/modules/part-${i % 40}/service-${i % 90}.js`;
    const lines = [
      { function: builder.function({ name, filename, startLine: i }), line: i + random(40) },
    ];
    return builder.location({ lines });
  });
  const hex = (length: number) => Array.from({ length }, () => random(16).toString(16)).join("");
  const labelSets = Array.from({ length: spans }, (_, i) =>
    builder.labelSet([
      { key: "span_id", str: hex(16) },
      { key: "trace_id", str: hex(32) },
      { key: "span_name", str: `GET /route/${i % 12}` },
    ]),
  );
  for (let i = 0; i < samples; i++) {
    const stack = Array.from({ length: 5 + random(30) }, () => frames[random(frames.length)]!);
    const labels = random(5) === 0 ? 0 : labelSets[random(labelSets.length)]!;
    builder.sample(stack, [1, 10_000_000 * (1 + random(1_000))], labels);
  }
  return encodePprof(builder.finish());
}

/** The same numbers on every machine. */
function lehmer(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}
