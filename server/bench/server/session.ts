import type { BodyFacts } from "./bodies.ts";
import type { Contender } from "./contender.ts";
import type { Load } from "./load.ts";
import type { SendPlan } from "./load-protocol.ts";
import type { BenchOptions } from "./options.ts";
import type { Row } from "./report.ts";
import { type Round, runRound } from "./round.ts";
import type { Figure } from "./statistics.ts";
import type { Workload } from "./workloads.ts";

const minuteMs = 60_000;
/** The profiles of a workload lie this far back in time, within the hour that a server accepts and queries ask for. */
const spanOfTimeMs = 40 * minuteMs;
const oldestMs = 45 * minuteMs;

/** One workload on its way through the phases: who takes part, and what came of it so far. */
export class Session {
  readonly workload: Workload;
  readonly options: BenchOptions;
  /** Ours first; the peer, when there is one, second. */
  readonly contenders: readonly Contender[];
  private readonly load: Load;
  readonly rows: Row[] = [];
  readonly notes: string[] = [];
  /** Bytes on disk per sample, by contender: as written, and after merges. */
  readonly bytesWritten: Map<Contender, number> = new Map();
  readonly bytesMerged: Map<Contender, number> = new Map();
  private readonly samples: Map<Contender, number> = new Map();
  private readonly startMs: number = Date.now();
  private readonly sets: number;
  private setsMade = 0;
  private facts: BodyFacts | undefined;

  /** `sets` is how often bodies will be made: each set takes the next part of the time range. */
  constructor(
    workload: Workload,
    options: BenchOptions,
    contenders: readonly Contender[],
    load: Load,
    sets: number,
  ) {
    this.workload = workload;
    this.options = options;
    this.contenders = contenders;
    this.load = load;
    this.sets = sets;
  }

  /** Makes the next bodies to send, later in profile time than those before. */
  async makeBodies(count: number): Promise<BodyFacts> {
    const fromMs = this.startMs - oldestMs + (spanOfTimeMs * this.setsMade) / this.sets;
    const facts = await this.load.prepare({
      kinds: this.workload.kinds,
      count,
      fromMs,
      untilMs: fromMs + spanOfTimeMs / this.sets,
      seed: ++this.setsMade,
    });
    this.facts = facts;
    return facts;
  }

  /** Sends the bodies made last to one contender. */
  async send(contender: Contender, plan: Omit<SendPlan, "url">): Promise<Round> {
    if (this.facts === undefined) throw new Error("there are no bodies yet");
    const round = await runRound(contender, this.load, plan);
    const { samples, count } = this.facts;
    this.samples.set(contender, this.samplesStored(contender) + (round.accepted * samples) / count);
    return round;
  }

  /** Values other than zero that a contender has accepted; where kinds are mixed and some were refused, an estimate. */
  samplesStored(contender: Contender): number {
    return this.samples.get(contender) ?? 0;
  }

  /** Contenders in the order of a round: A B, then B A, and so on. */
  inTurn(round: number): readonly Contender[] {
    return round % 2 === 0 ? this.contenders : [...this.contenders].reverse();
  }

  /** Adds a line to the table. */
  row(
    title: string,
    unit: string,
    better: Row["better"],
    figure: (contender: Contender) => Figure | undefined,
  ): void {
    const [ours, theirs] = this.contenders.map(figure);
    if (ours !== undefined) this.rows.push({ title, unit, better, ours, theirs });
  }
}
