import type { HandlerContext } from "@connectrpc/connect";
import { tenantsKey } from "../request-context.ts";
import type { Engine } from "../store/engine.ts";
import { toConnectError } from "./connect-errors.ts";
import type { QueryScope, QueryServiceOptions } from "./query-scope.ts";
import { SeriesCache } from "./series-cache.ts";

/** The scope of the request that a handler serves. */
export function requestScope(options: QueryServiceOptions, context: HandlerContext): QueryScope {
  const tenants = context.values.get(tenantsKey);
  return {
    engine: options.engine,
    seriesCache: cacheOf(options),
    tenants,
    limits: options.limitsOf(tenants),
    signal: context.signal,
    nowMs: options.now(),
  };
}

const caches = new WeakMap<Engine, SeriesCache>();

/** All services on one engine share its cache. */
function cacheOf({ engine }: QueryServiceOptions): SeriesCache {
  let cache = caches.get(engine);
  if (cache === undefined) {
    cache = new SeriesCache(engine);
    caches.set(engine, cache);
  }
  return cache;
}

/** Handlers whose errors are those of Connect. */
export function withConnectErrors<T extends Handlers>(handlers: T): T {
  const wrapped = Object.entries(handlers).map(([name, handler]) => [
    name,
    async (request: never, context: HandlerContext) => {
      try {
        return await handler(request, context);
      } catch (error) {
        throw toConnectError(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}

type Handlers = Readonly<
  Record<string, (request: never, context: HandlerContext) => Promise<unknown>>
>;
