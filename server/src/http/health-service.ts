import { Health } from "@pyrospan/wire";
import { type RpcRoute, rpcRoutesOf } from "./rpc/route.ts";

/** `grpc.health.v1.Health/Check`: serving for any service name while the server is ready, not serving otherwise. */
export function healthRoutes(isReady: () => boolean): RpcRoute[] {
  return rpcRoutesOf(
    Health,
    { check: () => ({ status: isReady() ? SERVING : NOT_SERVING }) },
    { access: "none", maxMessageBytes: 64 * 1024 },
  );
}

const SERVING = 1;
const NOT_SERVING = 2;
