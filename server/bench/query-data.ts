import type { Engine } from "../src/store/engine.ts";

/** What {@link fillStore} put where. All profiles are of one hour. */
export interface BenchData {
  readonly startMs: number;
  readonly endMs: number;
  readonly profileType: string;
  /** A span of the service `service-0`, 16 hex digits. */
  readonly spanId: string;
}

const PROFILE_TYPE = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
const SAMPLES_PER_PROFILE = 500;
const SPANS_PER_PROFILE = 50;
/** A profile every 15 seconds for an hour. */
const PROFILES_PER_SERVICE = 240;
const STACK_NODES = 10_000;
const LEAVES = 5_000;
const LOCATIONS = 4000;
const FUNCTIONS = 2000;

/**
 * Fills the tables inside the engine with profiles of 500 samples, ten samples for each of 50 spans, 240 profiles of
 * 5,000 distinct stacks for every service: more samples are more services, so that a question about one service
 * stays the same while the store grows.
 */
export async function fillStore(engine: Engine, samples: number): Promise<BenchData> {
  const profiles = Math.max(PROFILES_PER_SERVICE, Math.round(samples / SAMPLES_PER_PROFILE));
  const services = Math.max(1, Math.round(profiles / PROFILES_PER_SERVICE));
  const rows = services * PROFILES_PER_SERVICE;
  const endMs = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  const startMs = endMs - 3_600_000;
  const profile = (n: string): string => `
    cityHash64('dataset', ${n} % ${services}) AS dataset,
    cityHash64('series', ${n} % ${services}) AS series,
    toInt64(${startMs + 1} + intDiv(${n}, ${services}) * 15000) * 1000000 AS time,
    toUInt64(${n}) AS profile,
    cityHash64('partition', ${n} % ${services}) AS partition`;
  // With skip indexes, as merges leave a part: the server's inserts make none.
  const insert = (table: string, select: string): Promise<void> =>
    engine.command(
      `INSERT INTO ${table} SETTINGS materialize_skip_indexes_on_insert = 1 ${select}`,
    );
  const service = `concat('service-', toString(number))`;
  await insert(
    "series (tenant, day, dataset, series, service, profile_type, label_names, label_values, min_time, max_time)",
    `SELECT 'anonymous', toDate(${startMs / 1000}), cityHash64('dataset', number), cityHash64('series', number), ${service},
       '${PROFILE_TYPE}', ['__name__', '__period_type__', '__period_unit__', '__profile_type__', '__service_name__', '__type__', '__unit__', 'region', 'service_name'],
       ['process_cpu', 'cpu', 'nanoseconds', '${PROFILE_TYPE}', ${service}, 'cpu', 'nanoseconds', concat('region-', toString(number % 3)), ${service}],
       toInt64(${startMs}), toInt64(${endMs - 1}) FROM numbers(${services})`,
  );
  const day = `toDate(${startMs / 1000})`;
  const each = (count: number): string =>
    `FROM (SELECT cityHash64('partition', number) AS partition FROM numbers(${services})) AS p CROSS JOIN (SELECT toUInt32(number + 1) AS id FROM numbers(${count})) AS n`;
  await insert(
    "stacks (day, partition, id, parent, location)",
    `SELECT ${day}, partition, id,
       if(id = 1, 0, toUInt32(greatest(1, toInt64(id) - 1 - toInt64(cityHash64(id) % 500)))),
       toUInt32(1 + cityHash64(id, 'l') % ${LOCATIONS}) ${each(STACK_NODES)}`,
  );
  await insert(
    "locations (day, partition, id, mapping, address, folded, line_functions, line_numbers, line_columns)",
    `SELECT ${day}, partition, id, 0, 0, 0, [toUInt32(1 + id % ${FUNCTIONS})], [toInt64(id)], [] ${each(LOCATIONS)}`,
  );
  await insert(
    "functions (day, partition, id, name, system_name, filename, start_line)",
    `SELECT ${day}, partition, id, concat('module', toString(id % 97), '.function', toString(id)), '', concat('/app/src/module', toString(id % 97), '.js'), 0 ${each(FUNCTIONS)}`,
  );
  const perSpan = SAMPLES_PER_PROFILE / SPANS_PER_PROFILE;
  await insert(
    "profiles (dataset, series, time, profile, partition, profile_id, duration, total, spans, traces, span_totals, span, stack, value)",
    `SELECT ${profile("number")}, generateUUIDv4(number), 15000000000, ${SAMPLES_PER_PROFILE} * 10000000,
       arrayMap(s -> cityHash64('span', number, toUInt8(s)), range(${SPANS_PER_PROFILE})) AS spans, [], arrayMap(s -> toInt64(${perSpan} * 10000000), spans),
       arrayMap(i -> toUInt32(1 + intDiv(i, ${perSpan})), range(${SAMPLES_PER_PROFILE})),
       arrayMap(i -> toUInt32(1 + ${STACK_NODES - LEAVES} + cityHash64(number, i) % ${LEAVES}), range(${SAMPLES_PER_PROFILE})),
       arrayMap(i -> toInt64(10000000), range(${SAMPLES_PER_PROFILE}))
     FROM numbers(${rows})`,
  );
  const k = services * 100;
  const found = new TextDecoder().decode(
    await engine.query(
      `SELECT lower(hex(reinterpretAsFixedString(cityHash64('span', toUInt64(${k}), toUInt8(7))))) FORMAT TSV`,
    ),
  );
  return {
    startMs,
    endMs,
    profileType: PROFILE_TYPE,
    spanId: found.trim(),
  };
}
