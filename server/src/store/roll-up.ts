import type { Engine } from "./engine.ts";
import { bigintsOf, decodeNative, numbersOf } from "./native-reader.ts";
import type { OpenDays, Round } from "./open-days.ts";

/** What a round did. */
export interface RollUp {
  /** Rows written. */
  readonly rows: number;
  /** Days that were left to the next round, each with why as `cause`. */
  readonly failures: readonly unknown[];
}

/**
 * One round: adds up the settled profiles of open days that no earlier round took, into `hours`, the latest day first.
 * Days that fail stay open. Rejects when the signal ended it.
 */
export async function rollUp(
  engine: Engine,
  openDays: OpenDays,
  signal: AbortSignal,
): Promise<RollUp> {
  let rows = 0;
  const failures: unknown[] = [];
  const round = openDays.begin();
  const failed = new Set<number>();
  try {
    for (const day of await behind(engine, round, signal)) {
      try {
        rows += await rollUpDay(engine, day, round.upto, signal);
      } catch (error) {
        signal.throwIfAborted();
        failures.push(new Error(`profiles of ${dateOf(day.day)} (UTC)`, { cause: error }));
        failed.add(day.day);
      }
    }
    openDays.end(failed);
  } catch (error) {
    openDays.end(undefined);
    throw error;
  }
  return { rows, failures };
}

/** A day with profiles that are in no round. */
interface DayBehind {
  /** Days since 1970. */
  readonly day: number;
  /** Last ordinal of its last round, 0 without one. */
  readonly mark: bigint;
  /** The last round that began has rows and no mark. */
  readonly hasLeftovers: boolean;
}

const HOUR_NANOS = 3_600_000_000_000n;
const DAY_NANOS = 24n * HOUR_NANOS;

function dateOf(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

/** Times before 1970 share the number of their hour with later ones; they stay where they are. */
async function behind(
  engine: Engine,
  { upto, days }: Round,
  signal: AbortSignal,
): Promise<DayBehind[]> {
  if (days?.size === 0) return [];
  const among = (number: string): string =>
    days === undefined ? "1" : `${number} IN (${[...days].join()})`;
  const dayOfTime = `intDiv(time, ${DAY_NANOS})`;
  const dayOfHour = "intDiv(hour, 24)";
  const found = decodeNative(
    await engine.background(
      `SELECT day, max(marked) AS mark, max(written) > mark AS left FROM
         (SELECT toUInt32(${dayOfTime}) AS day, max(profile) AS last, 0 AS marked, 0 AS written
            FROM profiles WHERE time >= 0 AND ${among(dayOfTime)} AND profile <= ${upto} GROUP BY day
          UNION ALL
          SELECT toUInt32(${dayOfHour}) AS day, 0 AS last, maxIf(upto, dataset = 0) AS marked, max(upto) AS written
            FROM hours WHERE ${among(dayOfHour)} GROUP BY day)
       GROUP BY day HAVING max(last) > mark ORDER BY day DESC`,
      signal,
    ),
  );
  const marks = bigintsOf(found, "mark");
  const left = numbersOf(found, "left");
  return Array.from(numbersOf(found, "day"), (day, row) => ({
    day,
    mark: marks[row]!,
    hasLeftovers: left[row] === 1,
  }));
}

/**
 * Rows of a day with many stacks come in several parts, each seen as soon as it is there: they count from the mark on
 * that is written last. What a round without a mark has left is removed before the next one.
 */
async function rollUpDay(
  engine: Engine,
  { day, mark, hasLeftovers }: DayBehind,
  upto: bigint,
  signal: AbortSignal,
): Promise<number> {
  const run = (sql: string): Promise<Uint8Array> => engine.background(sql, signal);
  if (hasLeftovers) {
    await run(
      `ALTER TABLE hours DELETE IN PARTITION ID '${day}' WHERE upto > ${mark} SETTINGS mutations_sync = 2`,
    );
  }
  const from = BigInt(day) * DAY_NANOS;
  const profiles = `time >= ${from} AND time < ${from + DAY_NANOS} AND profile > ${mark} AND profile <= ${upto}`;
  await run(`INSERT INTO hours ${sumsByHour(profiles, upto)} SETTINGS ${BOUNDED}`);
  const inDay = `hour >= ${day * 24} AND hour < ${(day + 1) * 24}`;
  const written = await run(
    `SELECT toUInt64(count()) AS n FROM hours WHERE ${inDay} AND upto = ${upto}`,
  );
  await run(
    `INSERT INTO hours (dataset, series, hour, partition, upto) SELECT 0, 0, ${day * 24}, 0, ${upto}`,
  );
  return Number(bigintsOf(decodeNative(written), "n")[0]);
}

const INT64_MAX = 2n ** 63n - 1n;

/** A sum that is too large for its column becomes several values. */
function sumsByHour(profiles: string, upto: bigint): string {
  const parts = `arrayPushBack(arrayResize(emptyArrayInt64(), toUInt64(abs(intDiv(sum, ${INT64_MAX}))), if(sum < 0, -${INT64_MAX}, ${INT64_MAX})), toInt64(sum % ${INT64_MAX}))`;
  const keys = "dataset, series, hour, partition";
  return `SELECT ${keys}, ${upto} AS upto, samples.1 AS stack, samples.2 AS value FROM
    (SELECT ${keys}, arraySort(groupArray((stack, part))) AS samples FROM
      (SELECT ${keys}, stack, sum(toInt128(value)) AS sum, ${parts} AS parts FROM
        (SELECT dataset, series, toUInt32(intDiv(time, ${HOUR_NANOS})) AS hour, partition, stack, value FROM profiles WHERE ${profiles})
       ARRAY JOIN stack, value GROUP BY ${keys}, stack)
     ARRAY JOIN parts AS part GROUP BY ${keys})`;
}

/**
 * A day of 80 series with 4,000 stacks an hour takes 1.6 GB at once, and 0.46 GB in the order of the table with what is
 * still too much on the disk.
 */
const BOUNDED = [
  "optimize_aggregation_in_order = 1",
  "max_bytes_before_external_group_by = 100000000",
  "max_bytes_ratio_before_external_group_by = 0",
  "min_insert_block_size_bytes = 33554432",
].join();
