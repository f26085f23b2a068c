import { createRequire } from "node:module";
import type { Socket as NodeSocket } from "node:net";
import { Duplex } from "node:stream";
import { createSecureContext } from "node:tls";
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
  private readonly origin: string;
  private readonly path: string;
  private readonly undici: UndiciParts = loadUndici();
  private readonly client: Client;

  constructor(options: HttpSenderOptions) {
    const { Client, buildConnector } = this.undici;
    const { origin, pathname } = new URL(options.serverAddress);
    this.options = options;
    this.origin = origin;
    this.path = `${pathname.replace(/\/+$/, "")}/push.v1.PusherService/Push`;
    this.client = new Client(origin, {
      connect: unreferenced(buildConnector({ timeout: options.timeoutMs })),
    });
  }

  /**
   * Has V8 compile what sends a push, by way of one that stays in the process, and OpenSSL read its certificates. The
   * first push holds the event loop for 8 ms twice, and for 16 ms more with TLS: better when the application starts
   * than at the end of a window, when it serves.
   */
  async warmUp(): Promise<void> {
    if (this.origin.startsWith("https:")) createSecureContext();
    const client = new this.undici.Client(this.origin, {
      connect: (_options, callback) => setImmediate(callback, null, answeringSocket()),
    });
    await this.post(client, new Uint8Array(1));
    await client.close();
  }

  send(body: Uint8Array): Promise<PushAnswer> {
    return this.post(this.client, body);
  }

  private async post(client: Client, body: Uint8Array): Promise<PushAnswer> {
    const {
      statusCode,
      headers,
      body: answer,
    } = await this.undici.request.call(client, {
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

/** One end of a connection at whose other end an answer comes for whatever is sent. */
function answeringSocket(): NodeSocket {
  const socket = new Duplex({
    read: () => {},
    writev(_chunks, done) {
      this.push("HTTP/1.1 200 OK\r\nretry-after: 1\r\ncontent-length: 2\r\n\r\n{}");
      done();
    },
  });
  return socket as NodeSocket;
}

interface Socket {
  ref(): Socket;
  unref(): Socket;
}
