// The engine's statements, zlib and file access share one pool of threads; its size counts when it is first used.
process.env.UV_THREADPOOL_SIZE ??= "16";

import { setFlagsFromString } from "node:v8";
import { pino } from "pino";
import { buildInfo } from "./build-info.ts";
import { usage } from "./config/usage.ts";
import { type Config, ConfigError, loadConfig } from "./config.ts";
import { endAtOnce } from "./end-at-once.ts";
import { type RunningServer, startServer } from "./start-server.ts";
import { lowerPriorityOfThreads } from "./thread-priority.ts";

/**
 * V8's helper threads mostly collect what decoding leaves, so they give way like it (`ingest/worker.ts`): at the priority
 * of the others they took both cores for 50 ms at a time, and one span under a saturated load took 59 and 79 ms (p99)
 * instead of 46 and 58.
 */
const V8_NICE = 10;

/**
 * Old generation at which V8 begins to mark the heap of a thread that decodes, which starts later and so heeds the flag.
 * It counts what was allocated outside of the heap as well, bodies above all: at the 25 MB to which it sets itself there
 * were two full collections a second of a heap of 8 MB. Without them a profile takes 9 to 10 % less CPU.
 */
const DECODER_HEAP_MB = 64;

const args = process.argv.slice(2);
if (args.some((arg) => /^--?(help|h|help-all)$/.test(arg))) {
  process.stdout.write(usage());
} else if (args.some((arg) => /^--?version$/.test(arg))) {
  process.stdout.write(`pyrospan, version ${buildInfo.version}\n`);
} else {
  await run();
}

async function run(): Promise<void> {
  const config = readConfig();
  if (config === undefined) return;
  const logger = pino(
    { level: config.server.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
  process.on("unhandledRejection", (err) => {
    logger.error({ err }, "unhandled rejection");
  });
  // The state after an uncaught error is not known: what is acknowledged is on disk, so end and be started again.
  process.on("uncaughtException", (err) => {
    logger.fatal({ err }, "uncaught error, the server ends");
    endAtOnce();
  });
  logger.info(
    {
      version: buildInfo.version,
      node: process.versions.node,
      config: Object.fromEntries(config.printed.map(({ flag, value }) => [flag, value])),
    },
    "server starting",
  );

  lowerPriorityOfThreads("V8Worker", V8_NICE);
  setFlagsFromString(`--initial-old-space-size=${DECODER_HEAP_MB}`);
  let server: RunningServer;
  try {
    server = await startServer(config, logger);
  } catch (err) {
    logger.fatal({ err }, "server cannot start");
    process.exitCode = 1;
    // Threads of a half-opened engine would keep the process alive.
    setTimeout(() => process.exit(), 1000).unref();
    return;
  }
  logger.info({ url: server.url }, "server listening");
  stopOnSignal(server, config, logger);
}

function readConfig(): Config | undefined {
  try {
    return loadConfig({ args, env: process.env });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\nRun with -help for the list of flags.\n`);
    process.exitCode = error.exitCode;
    return undefined;
  }
}

/** The first signal drains; a second one ends the process at once. */
function stopOnSignal(server: RunningServer, config: Config, logger: pino.Logger): void {
  let isStopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (isStopping) {
      logger.warn({ signal }, "second signal, ending at once");
      endAtOnce();
    }
    isStopping = true;
    logger.info({ signal }, "server stopping");
    server.leave();
    setTimeout(() => {
      server.stop().then(
        () => {
          logger.info("server stopped");
          process.exit(0);
        },
        (err: unknown) => {
          logger.error({ err }, "server did not stop cleanly");
          process.exit(1);
        },
      );
    }, config.server.shutdownDelayMs);
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}
