import type { Engine } from "../../src/store/engine.ts";
import type { BenchData } from "../query-data.ts";

/** Series of one service: pods that come and go. */
const seriesPerService = 100;

/** Adds series beside the ones that have samples, each of its own pod, in services of their own. */
export async function fillSeries(engine: Engine, data: BenchData, count: number): Promise<void> {
  const { profileType, startMs, endMs } = data;
  const [name, type, unit, periodType, periodUnit] = profileType.split(":");
  const service = `concat('crowd-', toString(intDiv(number, ${seriesPerService})))`;
  const pod = "concat('pod-', toString(number))";
  await engine.command(
    `INSERT INTO series (tenant, day, dataset, series, service, profile_type, label_names, label_values, min_time, max_time)
     SELECT 'anonymous', toDate(${startMs / 1000}), cityHash64('crowd', intDiv(number, ${seriesPerService})), cityHash64('pod', number), ${service}, '${profileType}',
       ['__name__', '__period_type__', '__period_unit__', '__profile_type__', '__service_name__', '__type__', '__unit__', 'pod', 'region', 'service_name'],
       ['${name}', '${periodType}', '${periodUnit}', '${profileType}', ${service}, '${type}', '${unit}', ${pod}, concat('region-', toString(number % 3)), ${service}],
       toInt64(${startMs}), toInt64(${endMs - 1})
     FROM numbers(${count})`,
  );
}
