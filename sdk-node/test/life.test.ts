import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { samplesOf, startCaptureServer } from "./capture-server.mjs";
import { findNode } from "./nodes.mjs";

const run = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function serve(
  answer?: () => boolean,
): Promise<Awaited<ReturnType<typeof startCaptureServer>>> {
  const server = await startCaptureServer(answer);
  open.push(server);
  return server;
}

/** Says at its end whether a process ended by itself soon after the call, not after the ten seconds of a `stop`. */
const TIMED_END = `
  function timeEnd() {
    const start = performance.now();
    process.on("exit", () => console.log(performance.now() - start < 8_000 ? "ended" : "waited"));
  }`;

/** Runs a script the way an application would: as its own process, on the built packages. */
for (const major of [20, 24]) {
  const node = findNode(major);
  const runScript = (
    script: string,
    type: "module" | "commonjs",
    env: Record<string, string> = {},
  ) =>
    run(node!, [`--input-type=${type}`, "-e", script], {
      cwd: here,
      timeout: 30_000,
      env: { PATH: process.env.PATH, ...env },
    });

  describe.skipIf(node === undefined)(`in an application on Node ${major}`, () => {
    it("works by import and by require, and is one and the same", async () => {
      const server = await serve();
      const { stdout } = await runScript(
        `import pyroscope, { start } from "@pyrospan/sdk-node";
         import { createRequire } from "node:module";
         const required = createRequire(import.meta.url)("@pyrospan/sdk-node");
         start();
         const end = Date.now() + 100;
         while (Date.now() < end);
         await required.stop();
         console.log(required.start === start, required.default === pyroscope, pyroscope.withLabels({}, () => 7));`,
        "module",
        { PYROSCOPE_SERVER_ADDRESS: server.url, PYROSCOPE_APPLICATION_NAME: "from-env" },
      );
      expect(stdout).toBe("true true 7\n");
      expect(server.profiles().map(({ labels }) => labels.service_name)).toContain("from-env");
    });

    it("does nothing on import", async () => {
      const { stdout, stderr } = await runScript(
        // undici touches process.stdout, which then shows as a pipe or a terminal.
        `const resources = () => process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY/.test(name));
         const state = () => [process.eventNames().length, ...resources()].join();
         const before = state();
         const pyroscope = require("@pyrospan/sdk-node");
         console.log(typeof pyroscope.init, state() === before);`,
        "commonjs",
      );
      expect([stdout, stderr]).toEqual(["function true\n", ""]);
    });

    it("lets the process end while it profiles, whatever the server does", async () => {
      const deaf = await serve(() => true);
      for (const address of [deaf.url, "http://127.0.0.1:9", "http://192.0.2.1:4040"]) {
        const { stdout } = await runScript(
          `require("@pyrospan/sdk-node").start({ appName: "short", serverAddress: "${address}", flushIntervalMs: 100 });
           const end = Date.now() + 300;
           (function turn() { if (Date.now() < end) setTimeout(turn, 10); else timeEnd(); })();
           ${TIMED_END}`,
          "commonjs",
        );
        expect(stdout).toBe("ended\n");
      }
    });

    it("is replaced by init in whatever state it is", async () => {
      const server = await serve();
      const { stderr } = await runScript(
        `const pyroscope = require("@pyrospan/sdk-node");
         const config = { serverAddress: "${server.url}" };
         pyroscope.start(config);
         pyroscope.stop();
         pyroscope.start();
         pyroscope.init(config);
         pyroscope.start();
         pyroscope.stop();`,
        "commonjs",
      );
      expect(stderr).toBe("");
    });

    it("lets the process end when init has replaced it, whatever the server does", async () => {
      const deaf = await serve(() => true);
      const { stdout } = await runScript(
        `const pyroscope = require("@pyrospan/sdk-node");
         pyroscope.start({ serverAddress: "${deaf.url}" });
         const end = Date.now() + 100;
         while (Date.now() < end);
         pyroscope.init();
         timeEnd();
         ${TIMED_END}`,
        "commonjs",
      );
      expect(stdout).toBe("ended\n");
    });

    it("waits on stop for what init has replaced", async () => {
      const server = await serve();
      const { stdout } = await runScript(
        `const pyroscope = require("@pyrospan/sdk-node");
         pyroscope.start({ serverAddress: "${server.url}", appName: "replaced", heap: { enabled: false } });
         const end = Date.now() + 100;
         while (Date.now() < end);
         pyroscope.init({ serverAddress: "http://127.0.0.1:9" });
         pyroscope.stop().then(() => console.log("stopped"));`,
        "commonjs",
      );
      expect(stdout).toBe("stopped\n");
      expect(server.profiles().map(({ labels }) => labels.service_name)).toContain("replaced");
    });

    it("sends what is left on stop when nothing else happens in the process", async () => {
      const server = await serve();
      const { stdout } = await runScript(
        `const profiler = require("@pyrospan/sdk-node").createProfiler({ serverAddress: "${server.url}", heap: { enabled: false } });
         profiler.start();
         const end = Date.now() + 100;
         while (Date.now() < end);
         profiler.stop().then(() => console.log(profiler.uploadStats().sent));`,
        "commonjs",
      );
      expect(stdout).toBe("1\n");
    });

    it("throws every problem of the configuration from init, and nothing later", async () => {
      const { stdout } = await runScript(
        `const pyroscope = require("@pyrospan/sdk-node");
         try { pyroscope.init({ flushIntervalMs: NaN, serverAddress: "nowhere" }); } catch (error) { console.log(error.message); }
         pyroscope.stop().then(() => pyroscope.flush()).then(() => console.log("fine"));`,
        "commonjs",
      );
      expect(stdout).toContain("- serverAddress must be");
      expect(stdout).toContain("- flushIntervalMs must be");
      expect(stdout).toContain("fine");
    });

    it("reports with a logger that throws, and waits for a lost server only so long", async () => {
      const { stdout } = await runScript(
        `const pyroscope = require("@pyrospan/sdk-node");
         const bad = () => { throw new Error("logger"); };
         pyroscope.start({ serverAddress: "http://127.0.0.1:9", logger: { error: bad, warn: bad, info: bad, debug: bad } });
         const end = Date.now() + 100;
         while (Date.now() < end);
         const start = performance.now();
         pyroscope.stop().then(() => console.log(performance.now() - start < 20000));`,
        "commonjs",
      );
      expect(stdout).toBe("true\n");
    });

    it("profiles worker threads, each by its own", async () => {
      const server = await serve();
      await runScript(
        `const { Worker, isMainThread } = require("node:worker_threads");
         const code = \`
           const pyroscope = require("@pyrospan/sdk-node");
           pyroscope.start({ appName: "worker", serverAddress: "${server.url}" });
           function burnInWorker() { const end = Date.now() + 200; while (Date.now() < end); }
           pyroscope.withLabels({ where: "worker" }, burnInWorker);
           pyroscope.stop();\`;
         const pyroscope = require("@pyrospan/sdk-node");
         pyroscope.start({ appName: "main", serverAddress: "${server.url}" });
         const worker = new Worker(code, { eval: true });
         worker.on("exit", () => pyroscope.stop());`,
        "commonjs",
      );
      const profilesOf = (service: string) =>
        server.profiles().filter(({ labels }) => labels.service_name === service);
      const burnt = (service: string, profile: string) =>
        profilesOf(service)
          .filter(({ name }) => name === profile)
          .flatMap(({ profile }) => samplesOf(profile, "samples"))
          .filter(({ frames, labels }) => frames.includes("burnInWorker") || "where" in labels);
      for (const profile of ["wall", "process_cpu"]) {
        const inWorker = burnt("worker", profile);
        expect(inWorker.some(({ frames }) => frames.includes("burnInWorker"))).toBe(true);
        for (const { labels } of inWorker) expect(labels).toEqual({ where: "worker" });
        expect(burnt("main", profile)).toEqual([]);
      }
      expect(profilesOf("main").length).toBeGreaterThan(0);
    });

    it("does nothing in exit listeners of the application, where sampling has ended", async () => {
      const { stdout } = await runScript(
        `const pyroscope = require("@pyrospan/sdk-node");
         pyroscope.start({ serverAddress: "http://127.0.0.1:9" });
         process.on("exit", () => {
           pyroscope.withLabels({ at: "exit" }, () => pyroscope.setLabels({ still: "there" }));
           pyroscope.flush();
           pyroscope.stop();
           console.log(pyroscope.withLabels({}, () => "done"));
         });
         const end = Date.now() + 100;
         while (Date.now() < end);
         pyroscope.setLabels({ at: "end" });`,
        "commonjs",
        // The C library overwrites what is freed, so that nobody can go on using it unnoticed.
        { MALLOC_PERTURB_: "165" },
      );
      expect(stdout).toBe("done\n");
    });

    it("survives exits of every sort", async () => {
      for (const [end, code] of [
        ["process.exit(3)", 3],
        ["throw new Error('bye')", 1],
        ["process.kill(process.pid, 'SIGTERM')", "SIGTERM"],
      ] as const) {
        const script = `require("@pyrospan/sdk-node").start({ serverAddress: "http://127.0.0.1:9", wall: { samplingIntervalMicros: 500 } });
          const end = Date.now() + 100; while (Date.now() < end);
          setTimeout(() => { ${end} }, 10);`;
        const ended = await runScript(script, "commonjs").then(
          () => 0,
          (error) => error.signal ?? error.code,
        );
        expect(ended).toBe(code);
      }
    });
  });
}

const node24 = findNode(24);

describe.skipIf(node24 === undefined)("async context frames of the application", () => {
  it("get no keys that stay: only where labels are set there are two, theirs and the engine's", async () => {
    const server = await serve();
    const script = `const frame = require("internal/async_context_frame");
      const pyroscope = require("@pyrospan/sdk-node");
      const { context } = require("@opentelemetry/api");
      const { AsyncLocalStorageContextManager } = require("@opentelemetry/context-async-hooks");
      context.setGlobalContextManager(new AsyncLocalStorageContextManager());
      const size = () => frame.current()?.size ?? 0;
      pyroscope.start({ appName: "frames", serverAddress: "${server.url}", flushIntervalMs: 100 });
      const started = size();
      pyroscope.flush().then(() => {
        const flushed = size();
        const labelled = pyroscope.withLabels({ a: "b" }, size);
        console.log(started, flushed, labelled);
        return pyroscope.stop();
      });`;
    const { stdout } = await run(node24!, ["--expose-internals", "-e", script], { cwd: here });
    expect(stdout).toBe("0 0 2\n");
  });
});
