import { setTimeout as delay } from "node:timers/promises";
import { type BodyFacts, serviceName } from "./bodies.ts";
import type { Contender } from "./contender.ts";
import { readEventLoopDelay } from "./event-loop-delay.ts";
import { type ProbeTimes, probeUntil, timed } from "./probes.ts";
import { usageOf } from "./process-usage.ts";
import { createQuerierClient, type QuerySubject, queriesOf, type TimeRange } from "./queries.ts";
import {
  acceptedPerCpuSecond,
  acceptedPerSecond,
  acknowledgement,
  loadShare,
  peakRssMb,
  type Round,
  refusals,
} from "./round.ts";
import type { Session } from "./session.ts";
import { figureOf, quantile, sumOf } from "./statistics.ts";
import type { Workload } from "./workloads.ts";

const hourMs = 3_600_000;
const manyWriters = 200;
const saturation = { writers: manyWriters, ratePerSecond: undefined, maxMs: undefined };
const fewWriters = 8;
const ratePerSecond = 100;
const queryRepeats = 15;
/** How often each question is asked before it is timed, for the same reason as the bodies below. */
const warmUpAsks = 30;
/** Bodies that a server gets before anything is counted: it is measured as it runs for days, not as it starts. */
const warmUpBodies = 200;

/** How often the phases below make bodies. */
export function setsOf(rounds: number): number {
  return rounds + 5;
}

/** What the saturated phase tells those after it. */
export interface Saturation {
  /** Facts on the last bodies. */
  readonly facts: BodyFacts;
  /** Profiles per second that the faster server accepted. */
  readonly perSecond: number;
}

/** 200 writers send all bodies as fast as answers come: throughput, CPU, memory. */
export async function saturatedPhase(session: Session): Promise<Saturation> {
  const { contenders, options, workload } = session;
  const rounds = new Map<Contender, Round[]>(contenders.map((one) => [one, []]));
  await session.makeBodies(Math.ceil(warmUpBodies * Math.min(1, options.scale)));
  for (const one of contenders) await session.send(one, saturation);
  const cpuBefore = new Map(contenders.map((one) => [one, usageOf(one.pid).cpuMs]));
  let facts: BodyFacts | undefined;
  for (let round = 0; round < options.rounds; round++) {
    facts = await session.makeBodies(Math.ceil(workload.bodies * options.scale));
    for (const one of session.inTurn(round)) {
      rounds.get(one)!.push(await session.send(one, saturation));
    }
  }
  if (facts === undefined) throw new Error("no rounds");
  await settle(session);
  const background = (one: Contender): number =>
    usageOf(one.pid).cpuMs -
    cpuBefore.get(one)! -
    sumOf(rounds.get(one)!.map((round) => round.serverCpuMs));
  const backgrounds = new Map(contenders.map((one) => [one, background(one)]));

  session.row("saturated, 200 writers: profiles per CPU second", "1/s", "more", (one) =>
    acceptedPerCpuSecond(rounds.get(one)!, backgrounds.get(one)!),
  );
  session.row("accepted per second", "1/s", "more", (one) => acceptedPerSecond(rounds.get(one)!));
  session.row("acknowledgement p50", "ms", "less", (one) => acknowledgement(rounds.get(one)!, 0.5));
  session.row("acknowledgement p99", "ms", "less", (one) =>
    acknowledgement(rounds.get(one)!, 0.99),
  );
  session.row("peak RSS", "MB", "less", (one) => peakRssMb(rounds.get(one)!));
  noteRounds(session, "saturated, 200 writers", rounds);
  for (const one of contenders) {
    session.notes.push(
      `${one.name}: ${Math.round(backgrounds.get(one)!)} ms of CPU between and after the saturated rounds (merges, compaction; counted above)`,
    );
  }
  const perSecond = Math.max(...contenders.map((one) => acceptedPerSecond(rounds.get(one)!).value));
  return { facts, perSecond };
}

/** Every query, servers in turn: time, and whether both gave the same answer. */
export async function queryPhase(session: Session, facts: BodyFacts): Promise<void> {
  const { contenders, workload } = session;
  const range = lastHour();
  const clients = new Map(contenders.map((one) => [one, createQuerierClient(one.url)]));
  for (const query of queriesOf(subjectOf(workload, facts))) {
    const times = new Map<Contender, number[]>(contenders.map((one) => [one, []]));
    const answers = new Map<Contender, number>();
    for (let ask = 0; ask < (session.options.short ? 1 : warmUpAsks); ask++) {
      for (const one of contenders) await query.ask(clients.get(one)!, range);
    }
    for (let round = 0; round < queryRepeats; round++) {
      for (const one of session.inTurn(round)) {
        times.get(one)!.push(
          await timed(async () => {
            answers.set(one, await query.ask(clients.get(one)!, range));
          }),
        );
      }
    }
    session.row(query.title, "ms", "less", (one) => figureOf(times.get(one)!));
    const [ours, theirs] = contenders.map((one) => answers.get(one)!);
    const peers =
      theirs === undefined ? "" : ours === theirs ? ", theirs the same" : `, theirs ${theirs}`;
    session.notes.push(`${query.title}: ours answered ${ours}${peers}`);
  }
}

/** 100 profiles a second: acknowledgement times, and CPU with the merges that follow. Comes when both servers are at rest. */
export async function steadyPhase(session: Session): Promise<void> {
  const { contenders, options } = session;
  const title = "100 profiles/s";
  await session.makeBodies(Math.ceil(ratePerSecond * options.seconds));
  const rounds = new Map<Contender, Round[]>(contenders.map((one) => [one, []]));
  const cpuBefore = new Map(contenders.map((one) => [one, usageOf(one.pid).cpuMs]));
  // Few writers cannot keep a rate when acknowledgements take long: requests start on time all the same.
  const plan = { writers: manyWriters, ratePerSecond, maxMs: options.seconds * 1000 };
  for (const one of contenders) rounds.get(one)!.push(await session.send(one, plan));
  await settle(session);
  acknowledgementRows(session, title, rounds);
  session.row(`${title}: profiles per CPU second`, "1/s", "more", (one) => {
    const accepted = sumOf(rounds.get(one)!.map((round) => round.accepted));
    return figureOf([(accepted * 1000) / (usageOf(one.pid).cpuMs - cpuBefore.get(one)!)]);
  });
  noteRounds(session, title, rounds);
}

/** 8 writers as fast as answers come: acknowledgement times. */
export async function fewWritersPhase(session: Session): Promise<void> {
  const { contenders, options, workload } = session;
  const title = `${fewWriters} writers`;
  await session.makeBodies(Math.ceil(workload.bodies * options.scale));
  const rounds = new Map<Contender, Round[]>();
  const plan = { writers: fewWriters, ratePerSecond: undefined, maxMs: options.seconds * 1000 };
  for (const one of contenders) rounds.set(one, [await session.send(one, plan)]);
  acknowledgementRows(session, title, rounds);
  noteRounds(session, title, rounds);
}

/**
 * 200 writers while `/ready` and a query are asked all the time: does the server stay responsive? Takes twice the
 * seconds of the other phases, so that the slowest in a hundred is not just the slowest.
 */
export async function busyPhase(session: Session, { facts, perSecond }: Saturation): Promise<void> {
  const { contenders, options, workload } = session;
  await session.makeBodies(Math.ceil(2 * options.seconds * perSecond));
  const query = queriesOf(subjectOf(workload, facts))[facts.span ? 1 : 0]!;
  const probes = new Map<Contender, ProbeTimes>();
  const rounds = new Map<Contender, Round[]>();
  for (const one of contenders) {
    if (one.name === "ours") await readEventLoopDelay(one.url);
    const round = session.send(one, saturation);
    probes.set(one, await probeUntil(one, query, lastHour(), round));
    rounds.set(one, [await round]);
    if (one.name !== "ours") continue;
    const loop = await readEventLoopDelay(one.url);
    if (loop !== undefined) {
      session.notes.push(
        `ours, event loop delay under 200 writers and probes: p99 ${loop.p99Ms.toFixed(1)} ms, longest ${loop.maxMs.toFixed(1)} ms`,
      );
    }
  }
  const quantileOf = (title: string, times: (probe: ProbeTimes) => Float64Array): void => {
    for (const [name, share] of [
      ["p50", 0.5],
      ["p99", 0.99],
    ] as const) {
      session.row(`${title} ${name}`, "ms", "less", (one) => {
        const sorted = times(probes.get(one)!);
        return figureOf(Array.from(sorted), quantile(sorted, share));
      });
    }
  };
  quantileOf("under 200 writers: /ready", (probe) => probe.readyMs);
  quantileOf(`under 200 writers: ${query.title}`, (probe) => probe.queryMs);
  for (const [one, { queryMs }] of probes) {
    session.notes.push(`under 200 writers, ${one.name}: asked ${queryMs.length} times`);
  }
  noteRounds(session, "200 writers with probes", rounds);
}

/** Bytes on disk per sample so far, and what the background compaction of a running server made of them. */
export async function diskWrittenPhase(session: Session): Promise<void> {
  for (const one of session.contenders) {
    session.bytesWritten.set(one, (await one.bytesWritten()) / session.samplesStored(one));
    const compacted = await one.bytesCompacted?.();
    // Nothing compacted yet: too little was written.
    if (compacted !== undefined && compacted > 0) {
      session.bytesMerged.set(one, compacted / session.samplesStored(one));
    }
  }
}

/** Stops the servers and tells the bytes on disk per sample, before and after merges. */
export async function diskMergedPhase(session: Session): Promise<void> {
  const { contenders } = session;
  await Promise.all(contenders.map((one) => one.stop()));
  for (const one of contenders) {
    const merged = await one.bytesMerged?.();
    if (merged !== undefined) session.bytesMerged.set(one, merged / session.samplesStored(one));
  }
  const figure = (bytes: number | undefined) =>
    bytes === undefined ? undefined : figureOf([bytes]);
  session.row("on disk as written, per sample", "bytes", "less", (one) =>
    figure(session.bytesWritten.get(one)),
  );
  session.row("on disk after merges, per sample", "bytes", "less", (one) =>
    figure(session.bytesMerged.get(one)),
  );
}

function acknowledgementRows(
  session: Session,
  title: string,
  rounds: ReadonlyMap<Contender, readonly Round[]>,
): void {
  session.row(`${title}: acknowledgement p50`, "ms", "less", (one) =>
    acknowledgement(rounds.get(one)!, 0.5),
  );
  session.row(`${title}: acknowledgement p99`, "ms", "less", (one) =>
    acknowledgement(rounds.get(one)!, 0.99),
  );
}

/** Waits for the work that goes on after the last answer: merges of ours, the peer's compaction (which begins after 36 s). */
async function settle(session: Session): Promise<void> {
  const hasPeer = session.contenders.some(({ name }) => name === "theirs");
  await delay(hasPeer ? 50_000 : session.options.short ? 1_000 : 5_000);
}

function noteRounds(
  session: Session,
  title: string,
  rounds: ReadonlyMap<Contender, readonly Round[]>,
): void {
  for (const [one, own] of rounds) {
    const refused = Object.entries(refusals(own)).map(([status, n]) => `${n} times ${status}`);
    const accepted = sumOf(own.map((round) => round.accepted));
    session.notes.push(
      `${title}, ${one.name}: ${accepted} accepted${refused.length > 0 ? `, refused ${refused.join(", ")}` : ""}; load generator ${(loadShare(own) * 100).toFixed(0)} % of a core`,
    );
  }
}

function subjectOf({ kinds }: Workload, { span }: BodyFacts): QuerySubject {
  return { profileType: kinds[0]!.profileType, service: serviceName(0), span };
}

function lastHour(): TimeRange {
  const now = Date.now();
  return { start: BigInt(now - hourMs), end: BigInt(now) };
}
