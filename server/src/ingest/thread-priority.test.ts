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
