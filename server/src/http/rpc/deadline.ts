import { Code, ConnectError } from "@connectrpc/connect";

/** Longest time a client may ask for, in milliseconds: what a timer can hold. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

const GRPC_UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/**
 * Milliseconds of a `Connect-Timeout-Ms` header, undefined without one.
 *
 * @throws ConnectError `invalid_argument`
 */
export function parseConnectTimeout(header: string | undefined): number | undefined {
  if (header === undefined || header === "") return undefined;
  if (!/^\d{1,10}$/.test(header)) {
    throw new ConnectError(
      `protocol error: invalid Connect-Timeout-Ms: ${JSON.stringify(header)}`,
      Code.InvalidArgument,
    );
  }
  return Math.min(Number(header), MAX_TIMEOUT_MS);
}

/**
 * Milliseconds of a `Grpc-Timeout` header, undefined without one.
 *
 * @throws ConnectError `invalid_argument`
 */
export function parseGrpcTimeout(header: string | undefined): number | undefined {
  if (header === undefined || header === "") return undefined;
  const match = /^(\d{1,8})([HMSmun])$/.exec(header);
  if (match === null) {
    throw new ConnectError(
      `protocol error: invalid timeout ${JSON.stringify(header)}`,
      Code.InvalidArgument,
    );
  }
  return Math.min(Number(match[1]) * GRPC_UNIT_MS[match[2]!]!, MAX_TIMEOUT_MS);
}
