import type { DiscardReason } from "./ingester.ts";

/** A unit that is refused for what it is. The message is what the client sees. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: "invalid_argument" | "resource_exhausted";
  readonly reason: DiscardReason | undefined;
  readonly stage: "decode" | "push";
  readonly retryAfterSeconds: number | undefined;

  constructor(
    message: string,
    facts: {
      readonly reason?: DiscardReason;
      readonly code?: "invalid_argument" | "resource_exhausted";
      readonly stage?: "decode" | "push";
      readonly retryAfterSeconds?: number;
    },
  ) {
    super(message);
    this.code = facts.code ?? "invalid_argument";
    this.reason = facts.reason;
    this.stage = facts.stage ?? "push";
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}
