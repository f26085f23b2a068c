import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { BodyBudget } from "./body-budget.ts";
import { rawRoute } from "./raw-route.ts";
import type { RpcRoute } from "./rpc/route.ts";
import { serveUnary } from "./rpc/unary.ts";

/** What all RPC routes share. */
export interface RpcPluginOptions {
  readonly routes: readonly RpcRoute[];
  readonly multitenancy: boolean;
  readonly bodyTimeoutMs: number;
  readonly budget: BodyBudget;
}

/** Registers the RPC routes. The request and response go to the RPC layer as Node made them. */
export function registerRpcRoutes(app: FastifyInstance, options: RpcPluginOptions): void {
  for (const route of options.routes) {
    rawRoute(app, route.path, (request, reply) => {
      reply.hijack();
      void serveUnary(route, request.raw as IncomingMessage, reply.raw as ServerResponse, {
        multitenancy: options.multitenancy,
        bodyTimeoutMs: options.bodyTimeoutMs,
        budget: options.budget,
        requestId: request.id,
        utf8LabelNames: request.utf8LabelNames,
        onError: (error) => {
          request.log.error({ err: error, route: route.path }, "request failed");
        },
      });
      return reply;
    });
  }
}
