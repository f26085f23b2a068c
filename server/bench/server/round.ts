import type { Contender } from "./contender.ts";
import type { Load } from "./load.ts";
import type { SendPlan, SendResult } from "./load-protocol.ts";
import { resetPeakRss, usageOf } from "./process-usage.ts";
import { type Figure, figureOf, quantile, sumOf } from "./statistics.ts";

/** One sending of the prepared bodies to one server. */
export interface Round extends SendResult {
  /** CPU that the server took from the first request to the last answer. */
  readonly serverCpuMs: number;
  readonly peakRssBytes: number;
}

/** Sends the prepared bodies to one server and reads what it used meanwhile. */
export async function runRound(
  contender: Contender,
  load: Load,
  plan: Omit<SendPlan, "url">,
): Promise<Round> {
  resetPeakRss(contender.pid);
  const before = usageOf(contender.pid);
  const result = await load.send({ url: contender.url, ...plan });
  const after = usageOf(contender.pid);
  return {
    ...result,
    serverCpuMs: after.cpuMs - before.cpuMs,
    peakRssBytes: after.peakRssBytes,
  };
}

/** Accepted profiles per second of wall time: over all rounds, and round by round. */
export function acceptedPerSecond(rounds: readonly Round[]): Figure {
  const accepted = sumOf(rounds.map((round) => round.accepted));
  return figureOf(
    rounds.map((round) => (round.accepted * 1000) / round.elapsedMs),
    (accepted * 1000) / sumOf(rounds.map((round) => round.elapsedMs)),
  );
}

/**
 * Accepted profiles per second of the server's CPU time. The value takes in `backgroundCpuMs`, what the server used
 * between and after the rounds; the spread is that of the rounds alone.
 */
export function acceptedPerCpuSecond(rounds: readonly Round[], backgroundCpuMs = 0): Figure {
  const accepted = sumOf(rounds.map((round) => round.accepted));
  const cpuMs = sumOf(rounds.map((round) => round.serverCpuMs)) + backgroundCpuMs;
  return figureOf(
    rounds.map((round) => (round.accepted * 1000) / round.serverCpuMs),
    (accepted * 1000) / cpuMs,
  );
}

/** Acknowledgement time in milliseconds at a share of the requests: over all rounds, and round by round. */
export function acknowledgement(rounds: readonly Round[], share: number): Figure {
  const all = Float64Array.from(rounds.flatMap((round) => [...round.latenciesMs])).sort();
  return figureOf(
    rounds.map((round) => quantile(round.latenciesMs, share)),
    quantile(all, share),
  );
}

/** Most resident memory during the rounds, in MB. */
export function peakRssMb(rounds: readonly Round[]): Figure {
  const peaks = rounds.map((round) => round.peakRssBytes / 1e6);
  return figureOf(peaks, Math.max(...peaks));
}

/** CPU of the load process as a share of one core. */
export function loadShare(rounds: readonly Round[]): number {
  return (
    sumOf(rounds.map((round) => round.loadCpuMs)) / sumOf(rounds.map((round) => round.elapsedMs))
  );
}

/** Answers other than 200, by status. */
export function refusals(rounds: readonly Round[]): Record<number, number> {
  const all: Record<number, number> = {};
  for (const { refused } of rounds) {
    for (const [status, count] of Object.entries(refused)) {
      all[Number(status)] = (all[Number(status)] ?? 0) + count;
    }
  }
  return all;
}
