// Prints the resident memory of a process under load, in MB, with one setup: node memory.ts <setup> <server address> <ms>
import { setTimeout as sleep } from "node:timers/promises";
import { setups } from "./setups.ts";
import { startTracing } from "./tracing.ts";
import { load } from "./workload.ts";

const [name, serverAddress = "", ms = "5000"] = process.argv.slice(2);
const setup = setups.find((one) => one.name === name);
startTracing();
const profiling = await setup?.load();
profiling?.start(serverAddress);
let over = false;
const running = load(() => over);
await sleep(Number(ms));
over = true;
await running;
globalThis.gc?.();
await sleep(200);
process.stdout.write(String(process.memoryUsage().rss / 1_048_576));
process.exit();
