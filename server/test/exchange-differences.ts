/** Where our answer to a recorded exchange is not the original's. */
export interface ExchangeDifference {
  /** Matches the ids of the exchanges, whole. */
  readonly ids: RegExp;
  /**
   * `deliberate`: we do the better thing, and `ours` says what we answer.
   * `not yet`: the answer needs a capability that the server does not have.
   * `recording`: the request carries the times of its recording, so nobody can repeat its answer.
   */
  readonly kind: "deliberate" | "not yet" | "recording";
  readonly reason: string;
  /** Our answer: status, and text that its body holds. Required for deliberate differences. */
  readonly ours?: { readonly status: number; readonly text: string };
}

/** Every exchange in scope that we answer differently. An entry whose exchange is answered alike fails the replay. */
export const exchangeDifferences: readonly ExchangeDifference[] = [
  {
    ids: /ingest-13\.(4-sample-service-a|1-gzip-stored|3-exe-stored)/,
    kind: "not yet",
    reason: "OTLP: these ask for what an OTLP request stored",
  },
  {
    ids: /query-1-grpc-json|query-2\.5-accept-grafana/,
    kind: "recording",
    reason: "the binary request has no time placeholders",
  },
];
