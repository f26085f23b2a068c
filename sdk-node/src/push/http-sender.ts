import { Agent, buildConnector, request } from "undici";

/** An answer to a push. */
export interface PushAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Beginning of the body, for messages. */
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
  private readonly url: string;
  private readonly options: HttpSenderOptions;
  private readonly agent: Agent;

  constructor(options: HttpSenderOptions) {
    this.options = options;
    this.url = `${options.serverAddress.replace(/\/+$/, "")}/push.v1.PusherService/Push`;
    this.agent = new Agent({
      connect: unreferenced(buildConnector({ timeout: options.timeoutMs })),
      connections: 1,
      pipelining: 1,
    });
  }

  async send(body: Uint8Array): Promise<PushAnswer> {
    const response = await request(this.url, {
      method: "POST",
      dispatcher: this.agent,
      headers: { ...this.options.headers, "content-type": "application/proto" },
      body,
      signal: AbortSignal.timeout(this.options.timeoutMs),
    });
    const retryAfter = response.headers["retry-after"];
    const text = response.statusCode === 200 ? "" : (await response.body.text()).slice(0, 500);
    if (response.statusCode === 200) await response.body.dump();
    return {
      status: response.statusCode,
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      text,
    };
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
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
