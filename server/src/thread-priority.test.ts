import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";

it.skipIf(!existsSync("/proc/thread-self"))(
  "lowers the priority of the calling thread alone",
  async () => {
    const module = new URL("./thread-priority.ts", import.meta.url).href;
    const code = `
      import { readFileSync } from "node:fs";
      import { parentPort } from "node:worker_threads";
      import { lowerThreadPriority } from ${JSON.stringify(module)};
      const niceOf = (path) => Number(readFileSync(path, "utf8").split(") ")[1].split(" ")[16]);
      lowerThreadPriority(7);
      parentPort.postMessage([niceOf("/proc/thread-self/stat"), niceOf("/proc/self/stat")]);
    `;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
    const [[own, main]] = (await once(worker, "message")) as [[number, number]];
    await worker.terminate();
    expect(own).toBe(Math.min(main + 7, 19));
  },
);

it.skipIf(!existsSync("/proc/self/task"))("lowers the priority of V8's helpers alone", () => {
  const module = new URL("./thread-priority.ts", import.meta.url).href;
  const code = `
    import { readdirSync, readFileSync } from "node:fs";
    import { lowerPriorityOfThreads } from ${JSON.stringify(module)};
    const read = (thread, file) => readFileSync("/proc/self/task/" + thread + "/" + file, "utf8");
    lowerPriorityOfThreads("V8Worker", 7);
    const threads = readdirSync("/proc/self/task").map((thread) => [
      read(thread, "comm").trim(),
      Number(read(thread, "stat").split(") ")[1].split(" ")[16]),
    ]);
    console.log(JSON.stringify(threads));
  `;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", code]);
  const threads = JSON.parse(String(output)) as [name: string, nice: number][];
  const nices = (wanted: boolean): number[] =>
    threads.filter(([name]) => (name === "V8Worker") === wanted).map(([, nice]) => nice);
  const others = new Set(nices(false));
  expect(others.size).toBe(1);
  const [other] = others;
  expect(nices(true).length).toBeGreaterThan(0);
  expect(new Set(nices(true))).toEqual(new Set([Math.min(other! + 7, 19)]));
});
