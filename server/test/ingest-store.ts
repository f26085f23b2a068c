import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encodePprof, profileFromText } from "@pyrospan/pprof";
import { createIngester } from "../src/ingest/create-ingester.ts";
import type { Ingester, IngestUnit, UnitResult } from "../src/ingest/ingester.ts";
import { defaultLimits, type TenantLimits } from "../src/limits.ts";
import { type Engine, openEngine } from "../src/store/engine.ts";
import { bigintsOf, decodeNative, textsOf } from "../src/store/native-reader.ts";
import { inflate, withTime } from "./pprof-time.ts";

/** Limits without a rate. */
export const limits: TenantLimits = { ...defaultLimits, ingestionRateBytes: 0 };

/** The write path on a real store in a directory of its own. */
export interface IngestStore {
  readonly engine: Engine;
  /** Writes at once and refuses nothing for the time it would wait. */
  readonly ingester: Ingester;
  readonly pushOne: (unit: IngestUnit, limits?: TenantLimits) => Promise<UnitResult>;
  /** Stored totals by service and profile type. */
  readonly allTotals: () => Promise<Totals>;
  /** Stored totals of a service by profile type. */
  readonly totals: (service: string) => Promise<Readonly<Record<string, string>>>;
  /** By service and profile type the five functions with the largest self value, through all symbol tables. */
  readonly allTopSelf: () => Promise<TopSelf>;
  readonly close: () => Promise<void>;
}

/** By service, then by profile type. */
export type Totals = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** By service and profile type with a space between. */
export type TopSelf = ReadonlyMap<string, readonly { function: string; value: string }[]>;

/** Opens an empty store. */
export async function openIngestStore(): Promise<IngestStore> {
  const directory = mkdtempSync(join(tmpdir(), "pyrospan-ingest-"));
  const engine = await openEngine(directory);
  const ingester = await createIngester({ engine, gatherMs: 0, maxWaitMs: 0 });
  return {
    engine,
    ingester,
    pushOne: async (one, with_ = limits) => {
      const [result] = await ingester.push("anonymous", [one], with_);
      return result!;
    },
    allTotals: () => allTotals(engine),
    totals: async (service) => (await allTotals(engine))[service] ?? {},
    allTopSelf: () => allTopSelf(engine),
    close: async () => {
      await ingester.close();
      await engine.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A profile of a service, as a push request has it. */
export function unit(
  profile: Uint8Array,
  service: string,
  more: Partial<IngestUnit> = {},
): IngestUnit {
  return {
    labels: [
      ["service_name", service],
      ["__name__", "fixture"],
    ],
    profile,
    source: "push",
    ...more,
  };
}

/** The gzipped pprof of a profile as text. */
export function profileBytes(
  text: string,
  time: bigint = BigInt(Date.now()) * 1_000_000n,
): Uint8Array {
  return new Uint8Array(gzipSync(encodePprof({ ...profileFromText(text), timeNanos: time })));
}

/** The profile with its time set to now. */
export function atNow(profile: Uint8Array): Uint8Array {
  return withTime(inflate(profile), BigInt(Date.now()) * 1_000_000n);
}

async function allTotals(engine: Engine): Promise<Totals> {
  const answer = decodeNative(
    await engine.query(
      `SELECT service, profile_type, sum(total) AS n FROM profiles
       JOIN (SELECT DISTINCT dataset, series, service, profile_type FROM series) AS s USING (dataset, series)
       GROUP BY service, profile_type ORDER BY service, profile_type`,
    ),
  );
  const n = bigintsOf(answer, "n");
  const types = textsOf(answer, "profile_type");
  const found: Record<string, Record<string, string>> = {};
  textsOf(answer, "service").forEach((service, i) => {
    found[service] = { ...found[service], [types[i]!]: String(n[i]) };
  });
  return found;
}

async function allTopSelf(engine: Engine): Promise<TopSelf> {
  const answer = decodeNative(
    await engine.query(
      `SELECT concat(s.service, ' ', s.profile_type) AS key, f.name AS name, sum(p.value) AS n
       FROM samples AS p
       JOIN (SELECT DISTINCT dataset, service, profile_type FROM series) AS s ON s.dataset = p.dataset
       JOIN stacks AS t ON t.partition = p.partition AND t.id = p.stack
       JOIN locations AS l ON l.partition = p.partition AND l.id = t.location
       JOIN functions AS f ON f.partition = p.partition AND f.id = l.line_functions[1]
       GROUP BY key, name ORDER BY key, n DESC, name LIMIT 5 BY key`,
    ),
  );
  const n = bigintsOf(answer, "n");
  const names = textsOf(answer, "name");
  const found = new Map<string, { function: string; value: string }[]>();
  textsOf(answer, "key").forEach((key, i) => {
    found.set(key, [...(found.get(key) ?? []), { function: names[i]!, value: String(n[i]) }]);
  });
  return found;
}
