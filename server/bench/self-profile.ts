// `npm run bench -- self [--workload NAME] [--seconds N] [--bodies N] [--keep]`: flame graph of our server under 200
// writers, taken with our SDK, stored in a second server of ours; `--keep` leaves that one open to look at it.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startServer } from "../test/start-server.ts";
import { pageOf, threads, topFunctions } from "./self-profile/top-functions.ts";
import { Load } from "./server/load.ts";
import { type Workload, workloads } from "./server/workloads.ts";

const { values } = parseArgs({
  options: {
    workload: { type: "string", default: "spans" },
    seconds: { type: "string", default: "15" },
    /** Bodies that are made before each sending. */
    bodies: { type: "string", default: "1000" },
    keep: { type: "boolean", default: false },
  },
});
const workload = workloads.find(({ name }) => name === values.workload);
if (workload === undefined) throw new Error(`unknown workload ${values.workload}`);
const highRate = [
  "-distributor.ingestion-rate-limit-mb=4000",
  "-distributor.ingestion-burst-size-mb=4000",
];
const preload = join(import.meta.dirname, "self-profile/preload.ts");

const dataPath = mkdtempSync(join(tmpdir(), "pyrospan-self-"));
const store = await startServer({ dataPath });
const profiled = await startServer({
  flags: highRate,
  env: { NODE_OPTIONS: `--import=${preload}`, SELF_PROFILE_ADDRESS: store.url },
});
const load = new Load();
try {
  // Loading and compiling the server's code is not what it does under load.
  await sendBodies(workload, 0);
  const startMs = Date.now();
  const endMs = startMs + Number(values.seconds) * 1000;
  let accepted = 0;
  for (let seed = 1; Date.now() < endMs; seed++) accepted += await sendBodies(workload, seed);
  // What the SDK has not sent by then, a second at most, is missing.
  await profiled.stop();
  console.log(`${accepted} profiles of workload ${workload.name}`);
  for (const thread of threads) {
    console.log(`\nthread ${thread}, share of its CPU time by function itself:`);
    const { functions, total, otherThreads } = await topFunctions(store.url, thread, startMs);
    for (const { name, self } of functions) {
      console.log(`  ${((100 * self) / total).toFixed(1).padStart(5)} %  ${name}`);
    }
    console.log(`  ${(total / 1e9).toFixed(1)} s in all`);
    if (otherThreads > 0) {
      console.log(`  ${(otherThreads / 1e9).toFixed(1)} s on threads without JavaScript`);
    }
    if (values.keep) console.log(`  ${pageOf(store.url, thread, startMs, Date.now())}`);
  }
  if (values.keep) {
    console.log("\nThe flame graphs stay at these addresses until Ctrl-C.");
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  }
} finally {
  load.close();
  await store.stop();
  rmSync(dataPath, { recursive: true, force: true });
}

/** Sends new bodies with 200 writers; returns how many were accepted. */
async function sendBodies({ kinds }: Workload, seed: number): Promise<number> {
  const nowMs = Date.now();
  await load.prepare({
    kinds,
    count: Number(values.bodies),
    fromMs: nowMs - 60_000,
    untilMs: nowMs,
    seed,
  });
  const { accepted } = await load.send({
    url: profiled.url,
    writers: 200,
    ratePerSecond: undefined,
    maxMs: undefined,
  });
  return accepted;
}
