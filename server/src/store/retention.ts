import type { Engine } from "./engine.ts";
import { bigintsOf, decodeNative, textsOf } from "./native-reader.ts";
import { sqlText } from "./sql-text.ts";

/** What removing needs of an engine. */
export type RetentionEngine = Pick<Engine, "query" | "command">;

/** How long profiles are kept, in milliseconds; 0 = for ever. */
export interface Retention {
  readonly defaultMs: number;
  /** Tenants with a retention of their own. */
  readonly tenantMs: ReadonlyMap<string, number>;
}

const DAY_MS = 86_400_000;

/**
 * Numbers that a writer hands out to stacks are used for a day after their symbols' day, and by profiles whose clock
 * runs a little ahead.
 */
const SYMBOL_DAYS = 2;

/**
 * Removes what is older than its tenant's retention. Days that nobody keeps are dropped whole, which costs next to
 * nothing; where tenants differ, the rows of those that keep less are deleted by the engine in the background.
 * Retention counts in whole UTC days: a profile goes when its day is over for longer than that.
 */
export async function removeExpired(
  engine: RetentionEngine,
  retention: Retention,
  nowMs: number,
): Promise<void> {
  const all = [retention.defaultMs, ...retention.tenantMs.values()];
  const longest = all.includes(0) ? 0 : Math.max(...all);
  if (longest !== 0) await dropDays(engine, dayOf(nowMs - longest));
  const named = [...retention.tenantMs.keys()].map(sqlText).join();
  if (isShorter(retention.defaultMs, longest)) {
    const others = named === "" ? "1" : `tenant NOT IN (${named})`;
    await deleteRows(engine, others, dayOf(nowMs - retention.defaultMs));
  }
  for (const [tenant, ms] of retention.tenantMs) {
    if (!isShorter(ms, longest)) continue;
    await deleteRows(engine, `tenant = ${sqlText(tenant)}`, dayOf(nowMs - ms));
  }
}

function isShorter(ms: number, longest: number): boolean {
  return ms !== 0 && (longest === 0 || ms < longest);
}

function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** Drops the days before `day` (in days since 1970) of every table. */
async function dropDays(engine: RetentionEngine, day: number): Promise<void> {
  const parts = decodeNative(
    await engine.query(
      "SELECT DISTINCT table, partition_id AS id, partition AS name FROM system.parts WHERE active AND database = currentDatabase()",
    ),
  );
  const ids = textsOf(parts, "id");
  const names = textsOf(parts, "name");
  for (const [i, table] of textsOf(parts, "table").entries()) {
    // `profiles` and `hours` are partitioned by the number of the day, the other tables by its date.
    const isNumber = table === "profiles" || table === "hours";
    const partDay = isNumber ? Number(names[i]) : Date.parse(names[i]!) / DAY_MS;
    const keepFrom = isNumber || table === "series" ? day : day - SYMBOL_DAYS;
    if (partDay < keepFrom) {
      await engine.command(`ALTER TABLE ${table} DROP PARTITION ID ${sqlText(ids[i]!)}`);
    }
  }
}

/** Deletes the days before `day` of the tenants that a condition on `series` picks. */
async function deleteRows(engine: RetentionEngine, tenants: string, day: number): Promise<void> {
  const oldProfiles = `time < ${BigInt(day) * BigInt(DAY_MS) * 1_000_000n}`;
  const oldHours = `hour < ${day * 24}`;
  // Not by the old days of `series`: a round may write what it has read before all of these were deleted.
  const hours = `${oldHours} AND dataset IN (SELECT dataset FROM series WHERE ${tenants})`;
  if (await hasRows(engine, "hours", hours)) {
    await engine.command(`ALTER TABLE hours DELETE WHERE ${hours}`);
  }
  const old = `day < toDate(${day}) AND ${tenants}`;
  if (!(await hasRows(engine, "series", old))) return;
  await engine.command(
    `ALTER TABLE profiles DELETE WHERE ${oldProfiles} AND dataset IN (SELECT dataset FROM series WHERE ${old})`,
  );
  // Later than the others: as long as a row of `series` stands, the next round deletes again.
  await engine.command(
    `ALTER TABLE series DELETE WHERE ${old}
       AND dataset NOT IN (SELECT dataset FROM profiles WHERE ${oldProfiles}) AND dataset NOT IN (SELECT dataset FROM hours WHERE ${oldHours})`,
  );
}

async function hasRows(engine: RetentionEngine, table: string, where: string): Promise<boolean> {
  const answer = await engine.query(`SELECT toUInt64(count()) AS n FROM ${table} WHERE ${where}`);
  return bigintsOf(decodeNative(answer), "n")[0] !== 0n;
}
