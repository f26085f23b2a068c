import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const root = resolve(import.meta.dirname, "../..");
const nodeBinary = join(root, "node_modules/.bin/node");
const mainFile = join(root, "server/src/main.ts");

/** How a server is started. */
export interface StartOptions {
  /** Added after the flags every test server gets, for instance `-auth.multitenancy-enabled=true`. */
  readonly flags?: readonly string[];
  /** Text of the runtime overrides file (YAML). */
  readonly overrides?: string;
  /** Data directory to open again. Without it a fresh one is made, and removed by {@link TestServer.stop}. */
  readonly dataPath?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A command that is given the server's command line and becomes the server, as `nice` does. */
  readonly wrapper?: readonly string[];
  /** Called with a way to kill the process as soon as it exists, long before it is ready. */
  readonly onSpawn?: (kill: () => void) => void;
}

/** How a server process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A line of the server's log: its fields. Lines that are not JSON have only `msg`. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string };

/** A server process of its own, listening on a port of 127.0.0.1. */
export interface TestServer {
  /** For instance `http://127.0.0.1:40123`. */
  readonly url: string;
  readonly pid: number;
  readonly dataPath: string;
  /** Everything logged so far. */
  readonly log: readonly LogLine[];
  /** Resolves when a line with this message has been logged. */
  logged(message: string): Promise<void>;
  /** Resolves when the process has ended. */
  readonly exited: Promise<Exit>;
  /** Sends a signal without waiting. */
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, waits for the end and removes a data directory that was made for this server. */
  stop(): Promise<Exit>;
  /** SIGKILL, and waits for the end. The data directory stays. */
  kill(): Promise<Exit>;
}

/**
 * Base URL of a server that already runs, with the right flags, to run a suite against instead of ours: how the suites
 * themselves are checked.
 */
const otherTarget = process.env.PYROSPAN_TEST_TARGET;

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Starts the server from its sources in a process of its own and waits until `/ready` says so.
 * Throws with the server's log when it ends before that.
 */
export async function startServer(options: StartOptions = {}): Promise<TestServer> {
  if (otherTarget) return runningServer(otherTarget);
  const ownData = options.dataPath === undefined;
  const dataPath = options.dataPath ?? (await mkdtemp(join(tmpdir(), "pyrospan-test-")));
  const flags = [
    "-server.http-listen-port=0",
    "-server.http-listen-address=127.0.0.1",
    `-data-path=${dataPath}`,
  ];
  let overridesDir: string | undefined;
  if (options.overrides !== undefined) {
    overridesDir = await mkdtemp(join(tmpdir(), "pyrospan-overrides-"));
    const file = join(overridesDir, "overrides.yaml");
    await writeFile(file, options.overrides);
    flags.push(`-runtime-config.file=${file}`);
  }
  const serverArgs = ["--conditions=source", mainFile, ...flags, ...(options.flags ?? [])];
  const [program, ...args] = [...(options.wrapper ?? []), nodeBinary, ...serverArgs];
  const child = spawn(program!, args, {
    cwd: dataPath,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...withoutTestRunner(process.env), ...options.env },
  });
  running.add(child);
  options.onSpawn?.(() => child.kill("SIGKILL"));

  const exited = once(child, "exit").then(async ([code, signal]): Promise<Exit> => {
    running.delete(child);
    if (overridesDir) await rm(overridesDir, { recursive: true, force: true });
    return { code, signal };
  });
  const log: LogLine[] = [];
  const logging = new EventEmitter();
  const address = new Promise<string>((resolveAddress) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (text) => {
        const line = parseLogLine(text);
        log.push(line);
        logging.emit("line");
        if (line.msg === "server listening" && typeof line.url === "string") {
          resolveAddress(line.url);
        }
      });
    }
  });
  const url = await Promise.race([address, exited.then(() => undefined)]);
  if (url === undefined) {
    if (ownData) await rm(dataPath, { recursive: true, force: true });
    throw new Error(`the server ended before it listened:\n${logText(log)}`);
  }

  const server: TestServer = {
    url: url.replace(/\/$/, ""),
    pid: child.pid!,
    dataPath,
    log,
    logged: async (message) => {
      while (!log.some(({ msg }) => msg === message)) await once(logging, "line");
    },
    exited,
    signal: (name) => child.kill(name),
    async stop() {
      child.kill("SIGTERM");
      const exit = await exited;
      if (ownData) await rm(dataPath, { recursive: true, force: true });
      return exit;
    },
    async kill() {
      child.kill("SIGKILL");
      return exited;
    },
  };
  await ready(server);
  return server;
}

function runningServer(url: string): TestServer {
  const exit: Exit = { code: 0, signal: null };
  return {
    url,
    pid: 0,
    dataPath: "",
    log: [],
    logged: async () => {},
    exited: Promise.resolve(exit),
    signal: () => {},
    stop: async () => exit,
    kill: async () => exit,
  };
}

async function ready(server: TestServer): Promise<void> {
  let ended = false;
  void server.exited.then(() => {
    ended = true;
  });
  while (!ended) {
    const response = await fetch(`${server.url}/ready`).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.status === 200) return;
    await new Promise((next) => setTimeout(next, 20));
  }
  throw new Error(`the server ended before it was ready:\n${logText(server.log)}`);
}

function parseLogLine(text: string): LogLine {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as LogLine;
  } catch {
    // Not a log line: a crash report, for instance.
  }
  return { msg: text };
}

function logText(log: readonly LogLine[]): string {
  return log.map((line) => JSON.stringify(line)).join("\n");
}

/** The test runner's own settings (export conditions, loaders) are no business of the server's. */
function withoutTestRunner(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, VITEST: _vitest, NODE_ENV: _nodeEnv, ...rest } = env;
  return rest;
}
