/**
 * The write path by itself, no HTTP: CPU by thread, acknowledgement times and bytes on disk.
 *
 *   node --conditions=source server/bench/ingest.ts [--profile cpu|spans|heap] [--seconds 10] [--writers 8] [--bodies 200]
 */
process.env.UV_THREADPOOL_SIZE ??= "16";

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { encodePprof } from "@pyrospan/pprof";
import { createIngester } from "../src/ingest/create-ingester.ts";
import { defaultLimits } from "../src/limits.ts";
import { openEngine } from "../src/store/engine.ts";
import { Random } from "./server/random.ts";
import { loadRecording } from "./server/recordings.ts";
import { varyProfile, withSpans } from "./server/vary-profile.ts";

const recordings = { cpu: "go-cpu", spans: "go-cpu", heap: "go-heap" } as const;

const { values: args } = parseArgs({
  options: {
    profile: { type: "string", default: "cpu" },
    seconds: { type: "string", default: "10" },
    writers: { type: "string", default: "8" },
    bodies: { type: "string", default: "200" },
    gather: { type: "string" },
    rate: { type: "string", default: "0" },
    keep: { type: "string" },
  },
});
const kind = args.profile as keyof typeof recordings;
const bodies = makeBodies(kind);
const directory = args.keep ?? mkdtempSync(join(tmpdir(), "pyrospan-bench-"));
const engine = await openEngine(directory);
const batches: { rows: number; insertMs: number }[] = [];
const ingester = await createIngester({
  engine,
  maxWaitMs: 0,
  ...(args.gather === undefined ? {} : { gatherMs: Number(args.gather) }),
  observer: {
    batch: ({ rows, insertMs }) => batches.push({ rows, insertMs }),
  },
  onError: (message, error) => console.error(message, error),
});
const limits = { ...defaultLimits, ingestionRateBytes: 0, rejectOlderThanMs: 0 };
let sent = 0;
const times: number[] = [];
let stop = false;
await Promise.all(bodies.slice(0, 20).map((_, i) => pushOne(i)));
times.length = 0;
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const cpuBefore = process.cpuUsage();
const threadsBefore = threadCpu();
const begin = performance.now();
const count0 = sent;
setTimeout(() => {
  stop = true;
}, Number(args.seconds) * 1000);
await Promise.all(Array.from({ length: Number(args.writers) }, () => writer()));
const seconds = (performance.now() - begin) / 1000;
const cpu = process.cpuUsage(cpuBefore);
const threads = threadCpu();
const profiles = sent - count0;
delay.disable();
times.sort((a, b) => a - b);
const at = (q: number): string => `${times[Math.floor((times.length - 1) * q)]!.toFixed(0)} ms`;
console.log(
  `${kind}: ${profiles} profiles in ${seconds.toFixed(1)} s = ${(profiles / seconds).toFixed(0)}/s`,
);
console.log(
  `ack p50 ${at(0.5)} p99 ${at(0.99)}; loop delay p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms max ${(delay.max / 1e6).toFixed(1)}`,
);
console.log(
  `CPU ${((cpu.user + cpu.system) / 1000 / profiles).toFixed(3)} ms per profile; RSS ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`,
);
console.log(
  `batches ${batches.length}, rows each ${Math.round(batches.reduce((s, b) => s + b.rows, 0) / batches.length)}, insert ${(batches.reduce((s, b) => s + b.insertMs, 0) / batches.length).toFixed(1)} ms`,
);
const byName = new Map<string, number>();
for (const [id, { name, ms }] of threads) {
  const used = ms - (threadsBefore.get(id)?.ms ?? 0);
  const group = name.replace(/[-_]?\d+$/, "");
  byName.set(group, (byName.get(group) ?? 0) + used);
}
for (const [name, ms] of [...byName].sort(([, a], [, b]) => b - a)) {
  if (ms / profiles > 0.002)
    console.log(`  ${name.padEnd(16)} ${(ms / profiles).toFixed(3)} ms per profile`);
}
await ingester.drain();
const written = await text(
  "SELECT sum(bytes_on_disk), count() FROM system.parts WHERE active AND database = 'default'",
);
console.log("as written (bytes, parts):", written.trim());
for (const table of ["profiles", "series", "stacks", "locations", "functions", "mappings"]) {
  await engine.command(`OPTIMIZE TABLE ${table} FINAL`);
}
const samples = Number(await text("SELECT count() FROM samples"));
const onDisk = Number(
  await text("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'default'"),
);
const received = sent * bodies[0]!.samples;
console.log(
  `${samples} rows, ${(onDisk / samples).toFixed(2)} bytes a row, ${(onDisk / received).toFixed(2)} a received sample`,
);
console.log(
  await text(`SELECT table, column, sum(column_data_compressed_bytes) c, round(c / ${samples}, 3), any(compression_codec)
    FROM system.parts_columns p LEFT JOIN (SELECT table AS t, name AS n, compression_codec FROM system.columns) k ON k.t = p.table AND k.n = p.column
    WHERE active AND database = 'default' GROUP BY table, column HAVING c > ${samples} / 200 ORDER BY c DESC`),
);
await ingester.close();
await engine.close();
if (args.keep === undefined) rmSync(directory, { recursive: true, force: true });

async function writer(): Promise<void> {
  while (!stop) await pushOne(sent);
}

async function pushOne(i: number): Promise<void> {
  sent++;
  const service = `service-${i % 20}`;
  const labels: [string, string][] = [
    ["__name__", kind === "heap" ? "memory" : "process_cpu"],
    ["service_name", service],
    ["region", `region-${i % 3}`],
  ];
  const start = performance.now();
  const [result] = await ingester.push(
    "anonymous",
    [{ labels, profile: bodies[i % bodies.length]!.gz, source: "push" }],
    limits,
  );
  if (!result?.ok) throw new Error(JSON.stringify(result));
  times.push(performance.now() - start);
}

function makeBodies(which: keyof typeof recordings): { gz: Uint8Array; samples: number }[] {
  const recorded = loadRecording(recordings[which]);
  const base = which === "spans" ? withSpans(recorded, 50) : recorded;
  const random = new Random(1);
  return Array.from({ length: Number(args.bodies) }, (_, i) => {
    const timeNanos = BigInt(Date.now() - i * 100) * 1_000_000n;
    const { profile } = varyProfile(base, timeNanos, random);
    return {
      gz: new Uint8Array(gzipSync(encodePprof(profile), { level: 6 })),
      samples: profile.samples.length,
    };
  });
}

async function text(sql: string): Promise<string> {
  return Buffer.from(await engine.query(`${sql} FORMAT TSV`)).toString();
}

function threadCpu(): Map<string, { name: string; ms: number }> {
  const found = new Map<string, { name: string; ms: number }>();
  for (const id of readdirSync("/proc/self/task")) {
    try {
      const stat = readFileSync(`/proc/self/task/${id}/stat`, "utf8");
      const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      found.set(id, { name, ms: (Number(fields[11]) + Number(fields[12])) * 10 });
    } catch {
      // The thread ended in between.
    }
  }
  return found;
}
