import type { BodyFacts, BodyPlan } from "./bodies.ts";

/** What the load process is told to do. */
export type LoadCommand =
  | { readonly kind: "prepare"; readonly plan: BodyPlan }
  | { readonly kind: "send"; readonly send: SendPlan };

/** How the prepared bodies are sent. */
export interface SendPlan {
  readonly url: string;
  /** Requests in flight at most, each on a connection of its own. */
  readonly writers: number;
  /** Requests started per second; undefined = as fast as answers come. */
  readonly ratePerSecond: number | undefined;
  /** Stops starting requests after this long; undefined = all bodies are sent. */
  readonly maxMs: number | undefined;
}

/** What came of it. */
export interface SendResult {
  readonly accepted: number;
  /** Number of answers other than 200, by status; 0 counts connections that broke. */
  readonly refused: Readonly<Record<number, number>>;
  /** From the first request to the last answer. */
  readonly elapsedMs: number;
  /** Acknowledgement times of accepted requests, in milliseconds, sorted. */
  readonly latenciesMs: Float64Array;
  /** CPU that the load process itself took. */
  readonly loadCpuMs: number;
}

/** The load process's answer to a command. */
export type LoadAnswer =
  | { readonly kind: "prepared"; readonly facts: BodyFacts }
  | { readonly kind: "sent"; readonly result: SendResult }
  | { readonly kind: "failed"; readonly message: string };
