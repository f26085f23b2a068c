import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { QuerierService } from "@pyrospan/wire";
import { afterAll, beforeAll } from "vitest";
import { BodyBudget } from "../src/http/body-budget.ts";
import { createListener, type Listener } from "../src/http/listener.ts";
import { type RpcRoute, rpcRoutesOf } from "../src/http/rpc/route.ts";
import { serveUnary } from "../src/http/rpc/unary.ts";
import { tenantsKey, utf8LabelNamesKey } from "../src/request-context.ts";

/** Of a message. */
export const MAX_BYTES = 100_000;
/** Memory for all bodies. */
export const budget: BodyBudget = new BodyBudget(10 * MAX_BYTES);
/** Errors that are ours. */
export const logged: unknown[] = [];
/** For which a request that is turned away is held back. */
export const HOLD_MS = 20;
export const PATH = "/querier.v1.QuerierService/LabelValues";

export const ADMITTED_PATH: string = `/admitted${PATH}`;

/** Answers with what it was told, or fails as its request asks. */
const routes = rpcRoutesOf(
  QuerierService,
  {
    labelValues: async (request, context) => {
      switch (request.name) {
        case "coded":
          throw new ConnectError("<no> & 100% é", Code.NotFound);
        case "bug":
          throw new TypeError("something of ours");
        case "coded bug":
          throw new ConnectError("something of ours", Code.Internal);
        case "stall":
        case "wait":
        case "late bug":
          return new Promise((_resolve, reject) => {
            context.signal.addEventListener("abort", () => {
              reject(request.name === "late bug" ? lateBug : context.signal.reason);
            });
            // It may come here late, when the next test waits already.
            if (request.name !== "stall") waiting.resolve(context.signal);
          });
        case "big":
          return { names: Array.from({ length: 1000 }, (_, i) => `value-${i}`) };
      }
      const tenants = context.values.get(tenantsKey).join("|");
      return { names: [request.name, tenants, String(context.values.get(utf8LabelNamesKey))] };
    },
  },
  { access: "read", maxMessageBytes: MAX_BYTES },
);
/** The same method, which turns requests away while `door.full` is set. */
const admitted: RpcRoute = {
  ...routes[0]!,
  path: ADMITTED_PATH,
  admission: {
    refuse: (tenant, bytes) => {
      door.asked.push([tenant, bytes]);
      if (!door.full) return undefined;
      const headers = { "retry-after": "3" };
      const error = new ConnectError("come back later", Code.ResourceExhausted, headers);
      return { error, holdMs: HOLD_MS };
    },
    arrival: () => {
      door.arriving++;
      return {
        received: (bytes) => {
          door.received += bytes;
        },
        end: () => {
          door.arriving = 0;
        },
      };
    },
  },
};
/** What the admission of {@link ADMITTED_PATH} was asked and told, and whether it turns requests away. */
export const door: {
  full: boolean;
  asked: [tenant: string, bytes: number][];
  arriving: number;
  received: number;
} = { full: false, asked: [], arriving: 0, received: 0 };
let waiting = newWaiting();
export const lateBug: TypeError = new TypeError("something of ours, late");

function newWaiting() {
  let resolve: (signal: AbortSignal) => void = () => {};
  const promise = new Promise<AbortSignal>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** The signal of the next method that waits for its end. */
export function nextWaiting(): Promise<AbortSignal> {
  waiting = newWaiting();
  return waiting.promise;
}

let listener: Listener;
let url: string;

/** Where the server of this file of tests listens. */
export function baseUrl(): string {
  return url;
}

/** Starts `serveUnary` on a listener of its own before the tests of a file, and ends it after them. */
export function serveForTests(): void {
  beforeAll(async () => {
    listener = createListener(
      (request, response) => {
        const route = [...routes, admitted].find(({ path }) => path === request.url);
        if (route === undefined) {
          response.writeHead(404).end();
          return;
        }
        void serveUnary(route, request, response, {
          multitenancy: true,
          bodyTimeoutMs: 10_000,
          budget,
          onError: (error) => logged.push(error),
          requestId: "the-request",
          utf8LabelNames: true,
        });
      },
      {
        headersTimeoutMs: 10_000,
        requestTimeoutMs: 10_000,
        idleTimeoutMs: 10_000,
        maxHeaderBytes: 16_384,
        maxConnections: 0,
      },
    );
    listener.server.listen(0, "127.0.0.1");
    await once(listener.server, "listening");
    url = `http://127.0.0.1:${(listener.server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    listener.destroy();
    listener.server.close();
  });
}
