// Starts the profile server, the shop and the load, then shows what the slowest spans spent their time in.
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArguments } from "./arguments.ts";
import { runLoad } from "./load.ts";
import type { ToParent, ToShop } from "./messages.ts";
import { startProfileServer } from "./profile-server.ts";
import { printReport, say } from "./report.ts";
import type { FinishedSpan } from "./slowest-spans.ts";
import { reportSpan, type SpanReport } from "./span-profile.ts";

const spansToShow = 5;
/** Concurrent requests: enough that spans interleave, few enough that a slow span was slow and not just queued. */
const clients = 6;
const options = parseArguments(process.argv.slice(2));
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => interrupted.abort());
}

say("starting the profile server ...");
const server = await startProfileServer(options.port, options.dataPath);
try {
  await run();
} finally {
  await server.stop();
}

async function run(): Promise<void> {
  say("starting the shop ...");
  const shop = fork(fileURLToPath(new URL("./shop.js", import.meta.url)), {
    env: { ...process.env, PYROSCOPE_SERVER_ADDRESS: server.url },
    stdio: ["ignore", process.stderr, "inherit", "ipc"],
  });
  try {
    const { url } = await answer(shop, "listening");
    say(`${options.loadMs / 1000} s of load, ${clients} clients against ${url} ...`);
    const load = AbortSignal.any([AbortSignal.timeout(options.loadMs), interrupted.signal]);
    const answered = await runLoad(url, clients, 20, load);
    say(`${answered} requests answered; asking for the profiles of the slowest spans ...\n`);
    ask(shop, { kind: "report" });
    const { spans } = await answer(shop, "spans");
    printReport(await slowestWithSamples(spans), options.json);
    if (options.once || interrupted.signal.aborted) return;
    say(`\nThe page: ${server.url}   The shop: ${url}   Ctrl-C ends both.`);
    await runLoad(url, 1, 500, interrupted.signal);
  } finally {
    if (shop.connected) shop.disconnect();
    if (shop.exitCode === null) await Promise.race([once(shop, "exit"), wait(10_000)]);
  }
}

async function slowestWithSamples(spans: readonly FinishedSpan[]): Promise<SpanReport[]> {
  const reports: SpanReport[] = [];
  for (const span of spans) {
    const report = await reportSpan(server.url, "shop", span);
    if (report && reports.push(report) === spansToShow) break;
  }
  return reports;
}

function ask(shop: ReturnType<typeof fork>, message: ToShop): void {
  shop.send(message);
}

async function answer<K extends ToParent["kind"]>(
  shop: ReturnType<typeof fork>,
  kind: K,
): Promise<Extract<ToParent, { kind: K }>> {
  const ended = once(shop, "exit").then(([code]) => {
    throw new Error(`the shop ended with code ${code}`);
  });
  for (;;) {
    const [message] = (await Promise.race([once(shop, "message"), ended])) as [ToParent];
    if (message.kind === kind) return message as Extract<ToParent, { kind: K }>;
  }
}
