import type { HandlerContext } from "@connectrpc/connect";
import { tenantsKey } from "../request-context.ts";
import type { Engine } from "../store/engine.ts";
import { toConnectError } from "./connect-errors.ts";
import type { QueryScope, QueryServiceOptions } from "./query-scope.ts";
import { SeriesIndex } from "./series-index.ts";

/** The scope of the request that a handler serves. */
export function requestScope(options: QueryServiceOptions, context: HandlerContext): QueryScope {
  const tenants = context.values.get(tenantsKey);
  const limits = options.limitsOf(tenants);
  const { queryTimeoutMs } = limits;
  return {
    engine: options.engine,
    seriesIndex: indexOf(options),
    tenants,
    limits,
    signal: context.signal,
    deadlineMs: queryTimeoutMs > 0 ? performance.now() + queryTimeoutMs : Infinity,
    nowMs: options.now(),
    openDays: options.openDays,
  };
}

/** Memory for the series that queries have asked for, in bytes. */
const SERIES_INDEX_BYTES = 128 * 1024 * 1024;

const indexes = new WeakMap<Engine, SeriesIndex>();

/** All services on one engine share its index. */
function indexOf({ engine }: QueryServiceOptions): SeriesIndex {
  let index = indexes.get(engine);
  if (index === undefined) {
    index = new SeriesIndex(engine, { maxBytes: SERIES_INDEX_BYTES });
    indexes.set(engine, index);
  }
  return index;
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
