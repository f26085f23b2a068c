import type { Contender } from "./contender.ts";
import { Load } from "./load.ts";
import type { BenchOptions } from "./options.ts";
import { startOurServer } from "./our-server.ts";
import { startPeerServer } from "./peer-server.ts";
import {
  busyPhase,
  diskMergedPhase,
  diskWrittenPhase,
  fewWritersPhase,
  queryPhase,
  saturatedPhase,
  setsOf,
  steadyPhase,
} from "./phases.ts";
import type { WorkloadReport } from "./report.ts";
import { Session } from "./session.ts";
import { figureOf } from "./statistics.ts";
import type { Workload } from "./workloads.ts";

/** Runs one workload through all phases, on servers of its own with fresh data. */
export async function runWorkload(
  workload: Workload,
  options: BenchOptions,
): Promise<WorkloadReport> {
  const contenders: Contender[] = [];
  const load = new Load();
  try {
    contenders.push(await startOurServer());
    if (options.peer !== undefined) contenders.push(await startPeerServer(options.peer));
    const session = new Session(workload, options, contenders, load, setsOf(options.rounds));
    const saturation = await saturatedPhase(session);
    await diskWrittenPhase(session);
    await queryPhase(session, saturation.facts);
    await steadyPhase(session);
    await fewWritersPhase(session);
    await busyPhase(session, saturation);
    session.row("start until ready", "s", "less", (one) => figureOf([one.startMs / 1000]));
    await diskMergedPhase(session);
    const { name, title } = workload;
    return { name, title, rows: session.rows, notes: session.notes };
  } finally {
    load.close();
    for (const one of contenders) {
      await one.stop();
      await one.remove();
    }
  }
}
