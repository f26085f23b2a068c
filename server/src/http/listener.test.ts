import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import net, { type AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createListener, type Listener, type ListenerOptions } from "./listener.ts";

const LONG: ListenerOptions = {
  headersTimeoutMs: 30_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 30_000,
  maxHeaderBytes: 16_384,
  maxConnections: 0,
};
let listener: Listener | undefined;

afterEach(() => {
  listener?.destroy();
  listener?.server.close();
});

/** Answers with the protocol version and the body's length. */
async function start(options: Partial<ListenerOptions> = {}): Promise<number> {
  listener = createListener(
    (request, response) => {
      let bytes = 0;
      request.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      request.on("end", () => response.end(`${request.httpVersion} ${bytes}`));
    },
    { ...LONG, ...options },
  );
  listener.server.listen(0, "127.0.0.1");
  await once(listener.server, "listening");
  return (listener.server.address() as AddressInfo).port;
}

async function connect(port: number): Promise<net.Socket> {
  const socket = net.connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  await once(socket, "connect");
  return socket;
}

async function readAll(socket: net.Socket): Promise<string> {
  return Buffer.concat((await socket.toArray()) as Buffer[]).toString("latin1");
}

async function askHttp2(session: http2.ClientHttp2Session, body: Uint8Array): Promise<string> {
  const stream = session.request({ ":method": "POST", ":path": "/" });
  stream.end(body);
  return Buffer.concat((await stream.toArray()) as Buffer[]).toString();
}

describe("createListener", () => {
  it("serves HTTP/1.1 and HTTP/2 on one port", async () => {
    const port = await start();
    const first = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "abc" });
    expect(await first.text()).toBe("1.1 3");
    const session = http2.connect(`http://127.0.0.1:${port}`);
    expect(await askHttp2(session, Buffer.alloc(3_000_000))).toBe("2.0 3000000");
    session.close();
  });

  it("waits for enough bytes to know the protocol", async () => {
    const port = await start();
    const socket = await connect(port);
    for (const byte of "PRIX / HTTP/1.1\r\nHost: x\r\n\r\n") socket.write(byte);
    expect(await readAll(socket)).toMatch(/^HTTP\/1.1 400 /);

    const slow = await connect(port);
    const request =
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab";
    for (const byte of request) slow.write(byte);
    expect(await readAll(slow)).toMatch(/1\.1 2$/);
  });

  it("closes a connection that sends nothing", async () => {
    const socket = await connect(await start({ headersTimeoutMs: 50 }));
    expect(await readAll(socket)).toBe("");
  });

  it("closes a connection whose preface never ends", async () => {
    const socket = await connect(await start({ headersTimeoutMs: 50 }));
    socket.write("PRI * HT");
    expect(await readAll(socket)).toBe("");
  });

  it("answers 408 to headers that never end", async () => {
    // Long enough for the first bytes to be there before.
    const socket = await connect(await start({ headersTimeoutMs: 500 }));
    socket.write("GET / HTTP/1.1\r\nX: ");
    expect(await readAll(socket)).toMatch(/^HTTP\/1.1 408 /);
  });

  it("refuses headers that are too large", async () => {
    const socket = await connect(await start());
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(await readAll(socket)).toMatch(/^HTTP\/1.1 431 /);
  });

  it("stays alive after garbage", async () => {
    const port = await start({ idleTimeoutMs: 500 });
    for (const bytes of [
      "\x00\x01\x02",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff",
      "\r\n",
    ]) {
      const socket = await connect(port);
      socket.end(Buffer.from(bytes, "latin1"));
      await readAll(socket);
    }
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("1.1 0");
  });

  it("drains: idle connections end, busy ones after their answer", async () => {
    const port = await start();
    const agent = new http.Agent({ keepAlive: true });
    const idle = http.get({ port, host: "127.0.0.1", agent });
    const [response] = (await once(idle, "response")) as [http.IncomingMessage];
    await response.toArray();
    const session = http2.connect(`http://127.0.0.1:${port}`);
    const busy = session.request({ ":method": "POST", ":path": "/" });
    busy.write("ab");
    await askHttp2(session, Buffer.alloc(1));

    const closed = once(listener!.server, "close");
    listener!.server.close();
    listener!.drain();
    busy.end("c");
    expect(Buffer.concat((await busy.toArray()) as Buffer[]).toString()).toBe("2.0 3");
    await closed;
  });
});
