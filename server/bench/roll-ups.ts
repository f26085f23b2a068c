import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import { QuerierService } from "@pyrospan/wire";
import { defaultLimits } from "../src/limits.ts";
import { createQuerierService } from "../src/query/querier-service.ts";
import { type Engine, openEngine } from "../src/store/engine.ts";
import { OpenDays } from "../src/store/open-days.ts";
import { rollUp } from "../src/store/roll-up.ts";
import { printTable, threeDigits } from "./table.ts";

// CPU of flame graphs of hours, days and weeks with and without sums by hour, and of the rounds that make these:
// npm run bench -- roll-ups [days]

const RUNS = 5;
const PODS = 3;
const SAMPLES = 100;
const STACKS = 2000;
const PROFILES_PER_DAY = 5760;
const DAY_MS = 86_400_000;
const profileType = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";

const days = Number(process.argv[2] ?? 30);
/** The first day after those with profiles. */
const today = Math.floor(Date.now() / DAY_MS);
const { signal } = new AbortController();

const directory = await mkdtemp(join(tmpdir(), "pyrospan-bench-roll-ups-"));
const engine = await openEngine(directory, { fsync: false });
try {
  for (let day = today - days; day < today; day++) await fillDay(day);
  await engine.command("OPTIMIZE TABLE profiles");
  const openDays = new OpenDays();
  const round = (ordinal: number, of: readonly number[]): Promise<number> => {
    openDays.settle(BigInt(ordinal), of);
    return cpuMs(() => rollUp(engine, openDays, signal));
  };
  const all = days * PROFILES_PER_DAY * PODS;
  const lastHour = (PROFILES_PER_DAY / 24) * PODS;
  const first = await round(all - lastHour, []);
  const next = await round(all, [today - 1]);
  console.log(
    `first round, ${all - lastHour} profiles: ${threeDigits(first)} ms; a round of an hour, ${lastHour} profiles: ${threeDigits(next)} ms`,
  );
  const onDisk = await engine.query(
    "SELECT table, sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND table IN ('hours', 'profiles') GROUP BY table ORDER BY table FORMAT TSV",
  );
  console.log(`table, rows, bytes on disk:\n${Buffer.from(onDisk).toString()}`);

  const [without, withHours] = [querierOn(engine, undefined), querierOn(engine, openDays)];
  const lines = [["flame graph of one service, CPU ms", "without", "with", "times"]];
  for (const hours of [3, 6, 24, 7 * 24, 30 * 24].filter((n) => n <= days * 24)) {
    const [a, b] = [await askFor(without, hours), await askFor(withHours, hours)];
    const name = hours < 24 ? `${hours} h` : `${hours / 24} d`;
    lines.push([name, ...[a, b, a / b].map(threeDigits)]);
  }
  printTable(lines);
} finally {
  await engine.close();
  await rm(directory, { recursive: true, force: true });
}

/** A day of one service: three pods with a profile of 100 samples every 15 s, some stacks much more frequent than others. */
async function fillDay(day: number): Promise<void> {
  const date = `toDate(${day})`;
  const partition = `cityHash64('partition', ${day})`;
  const series = "cityHash64('series', number % 3)";
  await engine.command(
    `INSERT INTO series SELECT 'anonymous', ${date}, 1, ${series}, 'shop', '${profileType}', ['__profile_type__', 'pod', 'service_name'],
       ['${profileType}', concat('pod-', toString(number)), 'shop'], ${day * DAY_MS}, ${day * DAY_MS + DAY_MS - 1} FROM numbers(${PODS})`,
  );
  const before = (day - today + days) * PROFILES_PER_DAY * PODS;
  const value = "toInt64(10000000 * (1 + cityHash64(number, i, 'value') % 5))";
  await engine.command(
    `INSERT INTO profiles (dataset, series, time, profile, partition, profile_id, duration, total, span, stack, value)
     SELECT 1, ${series}, (${day * DAY_MS} + intDiv(number, ${PODS}) * 15000 + number % ${PODS} * 3000 + 1) * 1000000, ${before} + number + 1, ${partition},
       generateUUIDv4(number), 15000000000, arraySum(value), arrayMap(i -> toUInt32(0), range(${SAMPLES})),
       arraySort(arrayMap(i -> toUInt32(1 + ${STACKS} + floor(${STACKS} * pow((cityHash64(number, i, ${day}) % 1000000) / 1000000, 2))), range(${SAMPLES}))),
       arrayMap(i -> ${value}, range(${SAMPLES})) AS value
     FROM numbers(${PROFILES_PER_DAY * PODS})`,
  );
  const ids = (count: number): string =>
    `(SELECT toUInt32(number + 1) AS id FROM numbers(${count}))`;
  await engine.command(
    `INSERT INTO stacks (day, partition, id, parent, location) SELECT ${date}, ${partition}, id,
       if(id = 1, 0, toUInt32(greatest(1, toInt64(id) - 1 - toInt64(cityHash64(id) % 500)))), toUInt32(1 + cityHash64(id, 'l') % ${STACKS}) FROM ${ids(2 * STACKS)}`,
  );
  await engine.command(
    `INSERT INTO locations (day, partition, id, line_functions, line_numbers) SELECT ${date}, ${partition}, id, [toUInt32(1 + id % 1000)], [toInt64(id)] FROM ${ids(STACKS)}`,
  );
  await engine.command(
    `INSERT INTO functions (day, partition, id, name) SELECT ${date}, ${partition}, id, concat('function', toString(id)) FROM ${ids(1000)}`,
  );
}

type Querier = Client<typeof QuerierService>;

function querierOn(on: Engine, openDays: OpenDays | undefined): Querier {
  const limits = { ...defaultLimits, maxQueryLengthMs: 0, maxQueryLookbackMs: 0 };
  const options = { engine: on, limitsOf: () => limits, now: () => Date.now(), openDays };
  const transport = createRouterTransport(({ service }) => {
    service(QuerierService, createQuerierService(options));
  });
  return createClient(QuerierService, transport);
}

/** Median of the last hours before today, ten minutes to both sides added so that the range has edges. */
async function askFor(querier: Querier, hours: number): Promise<number> {
  const end = today * DAY_MS;
  const ask = (): Promise<unknown> =>
    querier.selectMergeStacktraces({
      profileTypeID: profileType,
      labelSelector: '{service_name="shop"}',
      start: BigInt(end - hours * 3_600_000 - 600_000),
      end: BigInt(end + 600_000),
    });
  await ask();
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) times.push(await cpuMs(ask));
  return times.sort((a, b) => a - b)[RUNS >> 1]!;
}

/** CPU of the whole process, its merges in the background included. */
async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
