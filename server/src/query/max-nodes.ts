import { invalidArgument } from "./query-error.ts";

/** Limits of a flame graph's nodes; 0 turns one off. */
export interface MaxNodesLimits {
  readonly maxFlamegraphNodesDefault: number;
  readonly maxFlamegraphNodesMax: number;
}

/** The number of nodes to use for what a request says; 0 or less is no limit. Throws `invalid_argument`. */
export function validMaxNodes(requested: bigint | undefined, limits: MaxNodesLimits): number {
  if (requested === undefined || requested === 0n) return limits.maxFlamegraphNodesDefault;
  const max = limits.maxFlamegraphNodesMax;
  if (max > 0) {
    if (requested > BigInt(max)) {
      throw invalidArgument(
        `max flamegraph nodes limit ${requested} is greater than allowed ${max}`,
      );
    }
    if (requested < 0n) {
      throw invalidArgument(`max flamegraph nodes limit must be set (max allowed ${max})`);
    }
  }
  return Number(requested);
}
