import { Code, ConnectError } from "@connectrpc/connect";
import { PushRequestSchema, PushResponseSchema } from "@pyrospan/wire";
import type { Ingester, IngestUnit, WaitRefusal } from "../ingest/ingester.ts";
import type { TenantLimits } from "../limits.ts";
import { delaySuccess } from "./artificial-delay.ts";
import { type RpcRoute, rpcRoute } from "./rpc/route.ts";
import { firstFailure, unitError } from "./unit-failure.ts";

/** What the push service works with. */
export interface PushServiceOptions {
  readonly ingester: Ingester;
  readonly limitsOf: (tenant: string) => TenantLimits;
  /** Most bytes of a message: the default tenant's body limit, 0 = no limit. */
  readonly maxMessageBytes: number;
}

/** `push.v1.PusherService/Push`: every sample of every series is one profile to store; answers when all are on disk. */
export function pushRoute(options: PushServiceOptions): RpcRoute {
  return rpcRoute({
    path: "/push.v1.PusherService/Push",
    input: PushRequestSchema,
    output: PushResponseSchema,
    access: "write",
    maxMessageBytes: options.maxMessageBytes,
    admission: {
      refuse: (tenant, bytes) => {
        const refusal = options.ingester.refuse(tenant, bytes);
        return refusal && { error: waitError(refusal), holdMs: refusal.holdMs };
      },
      arrival: () => options.ingester.arrival(),
    },
    call: async (message, call) => {
      const startedAt = performance.now();
      const tenant = call.tenants[0]!;
      const limits = options.limitsOf(tenant);
      const units: IngestUnit[] = [];
      for (const series of message.series) {
        const labels = series.labels.map((label) => [label.name, label.value] as const);
        for (const sample of series.samples) {
          units.push({ labels, profile: sample.rawProfile, source: "push" });
        }
      }
      if (units.length === 0) {
        throw new ConnectError("no profiles received", Code.InvalidArgument);
      }
      const failure = firstFailure(await options.ingester.push(tenant, units, limits));
      if (failure !== undefined) throw unitError(failure);
      const timing = await delaySuccess(limits.ingestionArtificialDelayMs, startedAt, call.signal);
      if (timing !== undefined) call.setHeader("server-timing", timing);
      return {};
    },
  });
}

/** Errors by `retryAfterSeconds`, of which there are few. Under overload making one for each push took 9 % of this thread. */
const waitErrors = new Map<number, ConnectError>();

function waitError(refusal: WaitRefusal): ConnectError {
  const seconds = refusal.retryAfterSeconds ?? 0;
  let error = waitErrors.get(seconds);
  if (error === undefined) {
    error = unitError(refusal);
    waitErrors.set(seconds, error);
  }
  return error;
}
