import type { IncomingHttpHeaders } from "node:http";
import type { DescMessage, DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import {
  type ConnectError,
  createContextValues,
  createHandlerContext,
  type ServiceImpl,
} from "@connectrpc/connect";
import { tenantsKey, utf8LabelNamesKey } from "../../request-context.ts";

/** What a method is told about the request it serves. */
export interface RpcCall {
  /** Sorted, at least one; exactly one for `write` methods. */
  readonly tenants: readonly string[];
  readonly utf8LabelNames: boolean;
  /** Aborts when the client leaves or its deadline passes. */
  readonly signal: AbortSignal;
  readonly headers: IncomingHttpHeaders;
  readonly protocol: "connect" | "grpc" | "grpc-web";
  readonly url: string;
  /** Sets a header of the answer. */
  setHeader(name: string, value: string): void;
}

/** Turns requests away before their bodies are read. */
export interface Admission {
  /** Why a request is turned away, if it is; `bytes` is its Content-Length, 0 = not known. */
  refuse(tenant: string, bytes: number): Refusal | undefined;
  /** A body is being read from now on until `end`. */
  arrival(): { received(bytes: number): void; end(): void };
}

/** The answer to a request that is turned away, and for how long it is held back. */
export interface Refusal {
  readonly error: ConnectError;
  readonly holdMs: number;
}

/** One unary method at one path. */
export interface RpcRoute<
  I extends DescMessage = DescMessage,
  O extends DescMessage = DescMessage,
> {
  readonly path: string;
  readonly input: I;
  readonly output: O;
  /** Whose data the method touches: `none` needs no tenant, `write` takes exactly one. */
  readonly access: "none" | "read" | "write";
  /** Most bytes of a request message; 0 = no limit. */
  readonly maxMessageBytes: number;
  /** Decides at the headers whether a body is read. */
  readonly admission?: Admission;
  call(message: MessageShape<I>, call: RpcCall): Promise<MessageInitShape<O>>;
}

/** Makes a route; the types of message and answer follow from `input` and `output`. */
export function rpcRoute<I extends DescMessage, O extends DescMessage>(
  route: RpcRoute<I, O>,
): RpcRoute {
  return route as unknown as RpcRoute;
}

/** Routes for the unary methods that an implementation of a Connect service has. */
export function rpcRoutesOf<S extends DescService>(
  service: S,
  implementation: Partial<ServiceImpl<S>>,
  options: Pick<RpcRoute, "access" | "maxMessageBytes">,
): RpcRoute[] {
  const routes: RpcRoute[] = [];
  for (const method of service.methods) {
    const call = implementation[method.localName as keyof ServiceImpl<S>] as UnaryCall | undefined;
    if (call === undefined || method.methodKind !== "unary") continue;
    routes.push({
      ...options,
      path: `/${service.typeName}/${method.name}`,
      input: method.input,
      output: method.output,
      call: async (message, { tenants, utf8LabelNames, signal, headers, protocol, url }) => {
        const context = createHandlerContext({
          service,
          method,
          protocolName: protocol,
          requestMethod: "POST",
          url,
          requestSignal: signal,
          requestHeader: headerPairs(headers),
          contextValues: createContextValues()
            .set(tenantsKey, tenants)
            .set(utf8LabelNamesKey, utf8LabelNames),
        });
        try {
          return await call.call(implementation, message, context);
        } finally {
          context.abort();
        }
      },
    });
  }
  return routes;
}

type UnaryCall = (
  message: MessageShape<DescMessage>,
  context: ReturnType<typeof createHandlerContext>,
) => Promise<MessageInitShape<DescMessage>>;

function headerPairs(headers: IncomingHttpHeaders): [string, string][] {
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(":")) continue;
    for (const text of Array.isArray(value) ? value : [value]) pairs.push([name, text]);
  }
  return pairs;
}
