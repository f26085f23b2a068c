import http from "node:http";
import http2 from "node:http2";
import type net from "node:net";

/** Handles a request of either protocol; HTTP/2 requests come in Node's compatibility form. */
export type RequestHandler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** Times a connection may take before it is closed, in milliseconds, and sizes it may use. */
export interface ListenerOptions {
  /** From the first byte of a connection, or of a request on it, until the headers are complete. */
  readonly headersTimeoutMs: number;
  /** From the first byte of a request until its body is complete. */
  readonly requestTimeoutMs: number;
  /** Without a byte in either direction. */
  readonly idleTimeoutMs: number;
  readonly maxHeaderBytes: number;
  /** Further ones are closed at once; 0 = no limit. */
  readonly maxConnections: number;
}

/** One port for HTTP/1.1 and clear-text HTTP/2 with prior knowledge. */
export interface Listener {
  /** Give this to whatever calls `listen` and `close`. */
  readonly server: http.Server;
  /** Ends idle connections now, busy ones after what they are answering; no new request is taken. */
  drain(): void;
  /** Ends every connection at once. */
  destroy(): void;
}

const PREFACE = Buffer.from("PRI * HTTP/2.0");

/**
 * Makes a server that looks at the first bytes of a connection: those of the HTTP/2 preface go to an HTTP/2 server,
 * all else to the HTTP/1.1 server. A connection that sends nothing, or its headers too slowly, is closed.
 */
export function createListener(handler: RequestHandler, options: ListenerOptions): Listener {
  const { headersTimeoutMs, requestTimeoutMs } = options;
  const server = http.createServer(
    {
      // Node refuses a time for the headers that is longer than that for the whole request.
      headersTimeout:
        requestTimeoutMs === 0 ? headersTimeoutMs : Math.min(headersTimeoutMs, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: options.idleTimeoutMs,
      maxHeaderSize: options.maxHeaderBytes,
      connectionsCheckingInterval: Math.min(5_000, options.headersTimeoutMs),
      noDelay: true,
    },
    handler,
  );
  // Also ends a client that asks and never reads the answer.
  server.timeout = options.idleTimeoutMs;
  if (options.maxConnections > 0) server.maxConnections = options.maxConnections;
  const h2 = createHttp2Server(handler, options);
  const sessions = new Set<http2.ServerHttp2Session>();
  h2.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.setTimeout(options.idleTimeoutMs, () => {
      session.close();
      // Streams that the client does not read would hold it open.
      setTimeout(() => session.destroy(), GOODBYE_MS).unref();
    });
    // A push of some megabytes should not wait for a window update every 64 KiB.
    session.setLocalWindowSize(HTTP2_WINDOW_BYTES * 4);
  });

  const onHttp1 = server.listeners("connection") as ((socket: net.Socket) => void)[];
  server.removeAllListeners("connection");
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    sniff(socket, options.headersTimeoutMs, (isHttp2) => {
      if (isHttp2) h2.emit("connection", socket);
      else for (const listener of onHttp1) listener.call(server, socket);
    });
  });

  return {
    server,
    drain: () => {
      server.closeIdleConnections();
      for (const session of sessions) session.close();
    },
    destroy: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Time for the frame that tells a client to connect again. */
const GOODBYE_MS = 1000;
const HTTP2_WINDOW_BYTES = 1024 * 1024;

function createHttp2Server(handler: RequestHandler, options: ListenerOptions): http2.Http2Server {
  const server = http2.createServer(
    {
      maxSessionMemory: 64,
      settings: {
        initialWindowSize: HTTP2_WINDOW_BYTES,
        maxConcurrentStreams: 250,
        maxHeaderListSize: options.maxHeaderBytes,
      },
    },
    handler as unknown as (
      request: http2.Http2ServerRequest,
      response: http2.Http2ServerResponse,
    ) => void,
  );
  server.on("sessionError", () => {});
  return server;
}

/** Reads as many bytes as it takes to know the protocol, puts them back and says which one it is. */
function sniff(socket: net.Socket, timeoutMs: number, decided: (isHttp2: boolean) => void): void {
  let head: Buffer = Buffer.alloc(0);
  const onTimeout = () => socket.destroy();
  const onError = () => socket.destroy();
  const onReadable = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    const length = Math.min(head.length, PREFACE.length);
    const matches = PREFACE.compare(head, 0, length, 0, length) === 0;
    if (matches && head.length < PREFACE.length) return;
    socket.off("readable", onReadable);
    socket.off("timeout", onTimeout);
    socket.off("error", onError);
    socket.off("end", onTimeout);
    socket.setTimeout(0);
    socket.unshift(head);
    decided(matches);
  };
  socket.setTimeout(timeoutMs);
  socket.on("timeout", onTimeout);
  socket.on("error", onError);
  socket.on("end", onTimeout);
  socket.on("readable", onReadable);
}
