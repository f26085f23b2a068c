import { parseArgs } from "node:util";
import { type Workload, workloads } from "./workloads.ts";

/** What `npm run bench -- server` was asked for. */
export interface BenchOptions {
  /** Path of the original's binary; undefined runs our server alone. */
  readonly peer: string | undefined;
  /** A run of well under a minute: one round of few bodies. */
  readonly short: boolean;
  /** File that the results are written to as JSON. */
  readonly json: string | undefined;
  readonly workloads: readonly Workload[];
  /** Rounds of each server in the saturated phase; even, so that each goes first as often. */
  readonly rounds: number;
  /** Multiplies the number of bodies of a round. */
  readonly scale: number;
  /** Seconds of each round that is bounded by time. */
  readonly seconds: number;
}

/** Reads the command line; throws with a sentence for people when it is not in order. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      peer: { type: "string" },
      short: { type: "boolean", default: false },
      json: { type: "string" },
      only: { type: "string" },
      rounds: { type: "string" },
      scale: { type: "string" },
      seconds: { type: "string" },
    },
  });
  const { short } = values;
  return {
    peer: values.peer,
    short,
    json: values.json,
    workloads: chosen(values.only, short),
    rounds: count("rounds", values.rounds, short ? 2 : 4),
    scale: positive("scale", values.scale, short ? 0.15 : 1),
    seconds: positive("seconds", values.seconds, short ? 1.5 : 6),
  };
}

function chosen(only: string | undefined, short: boolean): readonly Workload[] {
  if (only === undefined) return short ? workloads.filter((w) => w.inShortRun) : workloads;
  return only.split(",").map((name) => {
    const workload = workloads.find((w) => w.name === name);
    if (workload) return workload;
    throw new Error(`--only ${name}: known are ${workloads.map((w) => w.name).join(", ")}`);
  });
}

function count(name: string, text: string | undefined, fallback: number): number {
  const value = positive(name, text, fallback);
  if (Number.isInteger(value)) return value;
  throw new Error(`--${name} ${text}: a whole number is needed`);
}

function positive(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`--${name} ${text}: a number above 0 is needed`);
}
