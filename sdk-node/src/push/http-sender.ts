import { createRequire } from "node:module";
import type { buildConnector, Client, Dispatcher } from "undici";

/** An answer to a push. */
export interface PushAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Beginning of the body of a refusal, for messages. */
  readonly text: string;
}

/** Sends a push. Rejects when there is no answer. */
export type Send = (body: Uint8Array) => Promise<PushAnswer>;

export interface HttpSenderOptions {
  /** `http` or `https`, with an optional path prefix; no credentials. */
  readonly serverAddress: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** A sender with a connection of its own that is kept open between pushes but never keeps the process alive. */
export class HttpSender {
  private readonly options: HttpSenderOptions;
  private readonly path: string;
  private readonly request: UndiciParts["request"];
  private readonly client: Client;

  constructor(options: HttpSenderOptions) {
    const { Client, request, buildConnector } = loadUndici();
    const { origin, pathname } = new URL(options.serverAddress);
    this.options = options;
    this.path = `${pathname.replace(/\/+$/, "")}/push.v1.PusherService/Push`;
    this.request = request;
    this.client = new Client(origin, {
      connect: unreferenced(buildConnector({ timeout: options.timeoutMs })),
    });
  }

  async send(body: Uint8Array): Promise<PushAnswer> {
    const {
      statusCode,
      headers,
      body: answer,
    } = await this.request.call(this.client, {
      method: "POST",
      path: this.path,
      headers: { ...this.options.headers, "content-type": "application/proto" },
      body,
      signal: AbortSignal.timeout(this.options.timeoutMs),
    });
    const retryAfter = headers["retry-after"];
    return {
      status: statusCode,
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      text: (await answer.text()).slice(0, 500),
    };
  }

  close(): Promise<void> {
    return this.client.destroy();
  }
}

interface UndiciParts {
  readonly Client: typeof Client;
  readonly request: (
    this: Dispatcher,
    options: Dispatcher.RequestOptions,
  ) => Promise<Dispatcher.ResponseData>;
  readonly buildConnector: typeof buildConnector;
}

/** The parts of undici that are needed: all of it would cost the application 9 MB more. */
function loadUndici(): UndiciParts {
  const require = createRequire(import.meta.url);
  return {
    Client: require("undici/lib/dispatcher/client.js"),
    request: require("undici/lib/api/api-request.js"),
    buildConnector: require("undici/lib/core/connect.js"),
  };
}

/** undici keeps the process alive while a request is under way; a profiler must not even then. */
function unreferenced(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    const socket = connect(options, callback) as unknown as Socket | undefined;
    if (socket === undefined) return;
    socket.unref();
    socket.ref = () => socket;
  };
}

interface Socket {
  ref(): Socket;
  unref(): Socket;
}
