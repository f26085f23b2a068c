// What profiling costs the application:
//   npm run bench -- sdk [--short] [--rounds N] [--seconds N] [--setups wall,wall + spans] [--parts cpu,span,blocks,memory] [--handler-span]
import { execFileSync, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Blocks, windowEndBlocks } from "./blocks.ts";
import { meanAndError, type Rounds, runRounds, type Stretch } from "./paired.ts";
import { setups as everySetup } from "./setups.ts";
import { spanCostMicros } from "./span-cost.ts";
import { startTracing } from "./tracing.ts";

const { values: options } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    rounds: { type: "string" },
    /** Length of a stretch; everything else is shortened in proportion. */
    seconds: { type: "string" },
    setups: { type: "string" },
    parts: { type: "string", default: "cpu,span,blocks,memory" },
    /** Two spans for each request instead of one. */
    "handler-span": { type: "boolean", default: false },
  },
});
const { short } = options;
const rounds = Number(options.rounds ?? (short ? 5 : 15));
const seconds = Number(options.seconds ?? (short ? 1.5 : 5));
const wanted = options.setups?.split(",");
const setups = everySetup.filter(({ name }) => name === "off" || (wanted?.includes(name) ?? true));
const parts = options.parts.split(",");
const handlerSpan = options["handler-span"];

const sink = fork(fileURLToPath(new URL("./sink.ts", import.meta.url)));
const port = await new Promise<number>((resolve) =>
  sink.once("message", (p) => resolve(Number(p))),
);
const serverAddress = `http://127.0.0.1:${port}`;

startTracing();
if (parts.includes("cpu")) {
  print(
    `Node ${process.version}, ${rounds} rounds of ${seconds} s for each setup, 100 Hz, one upload each, ${handlerSpan ? "2 spans" : "1 span"} a request`,
  );
  printCpu(await runRounds(setups, rounds, seconds * 1_000, serverAddress, handlerSpan));
}
if (parts.includes("span")) await printSpanCost();
if (parts.includes("blocks")) {
  printBlocks(await windowEndBlocks(serverAddress, seconds * 3_000));
}
if (parts.includes("memory")) printMemory();
sink.disconnect();

function printCpu(results: Rounds): void {
  const requests = (stretch: Stretch): number => stretch.mainMicros + stretch.othersMicros;
  print("");
  print(
    "| setup | CPU per request, on/off | main thread, us | other threads, us | p99 latency, ms |",
  );
  print("| --- | --- | --- | --- | --- |");
  for (const { name } of setups) {
    const of = (value: (one: Stretch) => number): string => {
      const { mean, error } = meanAndError(results.map((round) => value(round.get(name)!)));
      return `${mean.toFixed(1)} ± ${error.toFixed(1)}`;
    };
    const ratio = meanAndError(
      results.map((round) => requests(round.get(name)!) / requests(round.get("off")!)),
    );
    print(
      `| ${name} | ${ratio.mean.toFixed(3)} ± ${ratio.error.toFixed(3)} | ${of((one) => one.mainMicros)} | ${of((one) => one.othersMicros)} | ${of((one) => one.p99Ms)} |`,
    );
  }
  if (!results[0]?.has("wall + spans") || !results[0].has("@pyroscope/nodejs")) return;
  const points = meanAndError(
    results.map(
      (round) =>
        (100 * (requests(round.get("wall + spans")!) - requests(round.get("@pyroscope/nodejs")!))) /
        requests(round.get("off")!),
    ),
  );
  print("");
  print(
    `wall + spans against @pyroscope/nodejs without labels: ${points.mean.toFixed(1)} ± ${points.error.toFixed(1)} points of CPU (target: at most 1)`,
  );
}

async function printSpanCost(): Promise<void> {
  for (const name of ["wall", "wall + spans"]) {
    const setup = setups.find((one) => one.name === name);
    if (setup === undefined) continue;
    const { mean, error } = meanAndError(
      await spanCostMicros(setup, serverAddress, Math.max(2, 2 * seconds)),
    );
    print(
      `a span under "${name}": ${mean.toFixed(2)} ± ${error.toFixed(2)} us (target: at most 3)`,
    );
  }
}

function printBlocks(blocks: Blocks): void {
  const { stopMs, stopClockMs, firstAfterMs, afterMs, samples } = blocks;
  print(
    `longest block at a window's end, up to ${samples} samples of deep stacks a take: ${stopMs.toFixed(1)} ms in the engine's stop (${stopClockMs.toFixed(1)} ms by the clock), ${firstAfterMs.toFixed(1)} ms after it the first time, ${afterMs.toFixed(1)} ms the second (target: at most 5)`,
  );
}

function printMemory(): void {
  // As users load it: compiled.
  const flags = [
    ...process.execArgv.filter((flag) => !flag.startsWith("--conditions")),
    "--expose-gc",
    // Left alone, V8 doubles its young generation in some runs and not in others, which is more than all else together.
    "--max-semi-space-size=16",
  ];
  const script = fileURLToPath(new URL("./memory.ts", import.meta.url));
  const once = (name: string): number =>
    Number(
      execFileSync(process.execPath, [
        ...flags,
        script,
        name,
        serverAddress,
        String(seconds * 2_000),
      ]),
    );
  const repeats = seconds < 1 ? 1 : 3;
  // What V8 has not given back yet differs by some MB from run to run.
  const rss = (name: string): number =>
    Array.from({ length: repeats }, () => once(name)).sort((a, b) => a - b)[repeats >> 1]!;
  const off = rss("off");
  for (const { name } of setups.slice(1)) {
    print(`memory, ${name}: ${(rss(name) - off).toFixed(1)} MB more than off (target: under 30)`);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
