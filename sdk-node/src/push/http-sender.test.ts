import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { HttpSender } from "./http-sender.ts";

it("warms up without a connection, then sends over one", async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(429, { "retry-after": "7" }).end("later");
  });
  let connections = 0;
  server.on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const options = { serverAddress: `http://127.0.0.1:${port}/`, headers: {}, timeoutMs: 5000 };
  const sender = new HttpSender(options);
  onTestFinished(async () => {
    await sender.close();
    server.close();
  });
  await sender.warmUp();
  expect(connections).toBe(0);
  const body = Uint8Array.of(1, 2, 3);
  const answers = [await sender.send(body), await sender.send(body)];
  expect(answers).toEqual(Array(2).fill({ status: 429, retryAfter: "7", text: "later" }));
  expect(connections).toBe(1);
});

it("warms up for a server with TLS, too", async () => {
  const sender = new HttpSender({ serverAddress: "https://nobody", headers: {}, timeoutMs: 5000 });
  await sender.warmUp();
  await sender.close();
});
