import { AsyncResource } from "node:async_hooks";
import { EventEmitter, once } from "node:events";
import http from "node:http";
import { PassThrough, Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as immediate, setTimeout as sleep } from "node:timers/promises";
import { burner } from "./burn.mjs";

/**
 * Serves `requests` HTTP requests at once in this process. Each has spans of its own, and each span has a burner of its
 * own that is called between awaits, timers, streams, events and nested spans. `inSpan(name, fn)` runs `fn` in a new
 * span and passes it the span's id. Resolves to the span id that belongs to each burner.
 */
export async function runWorkload({ requests, rounds, chunkMs, inSpan }) {
  const spanOfBurner = new Map();
  /** Runs `fn` in a span with a burner of its own. */
  const span = (name, fn) =>
    inSpan(name, (spanId) => {
      const burnName = `burn_${name}_${spanOfBurner.size}`;
      spanOfBurner.set(burnName, spanId);
      const burn = burner(burnName);
      return fn(() => burn(chunkMs * (0.5 + Math.random())));
    });
  const handler = handle(span);
  const server = http.createServer((_request, response) => {
    void span("request", (burn) => handler(burn, response));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  server.keepAliveTimeout = 60_000;
  const agent = new http.Agent({ keepAlive: true, maxSockets: requests });
  const { port } = server.address();
  const outside = keepBurningOutside(chunkMs);
  for (let round = 0; round < rounds; round++) {
    await Promise.all(Array.from({ length: requests }, () => get(port, agent)));
  }
  outside.stop();
  agent.destroy();
  await new Promise((closed) => server.close(closed));
  return spanOfBurner;
}

const handle = (span) => async (burn, response) => {
  burn();
  await sleep(Math.random() * 10);
  burn();
  // A child that awaits, with a child of its own that does not.
  await span("nested", async (burnNested) => {
    burnNested();
    await immediate();
    span("inner", (burnInner) => burnInner());
    burnNested();
    await Promise.resolve();
    burnNested();
  });
  burn();
  // Siblings side by side.
  await Promise.all(
    ["left", "middle", "right"].map((name) =>
      span(name, async (burnSide) => {
        burnSide();
        await sleep(Math.random() * 5);
        burnSide();
      }),
    ),
  );
  // A stream, whose transform runs whenever the event loop gets to it.
  await span("stream", async (burnStream) => {
    const transform = new Transform({
      transform(chunk, _encoding, done) {
        burnStream();
        setImmediate(done, null, chunk);
      },
    });
    const sink = new PassThrough().resume();
    await pipeline(Readable.from(["a", "b", "c"]), transform, sink);
    burnStream();
  });
  // Callbacks of every sort.
  await span("callbacks", async (burnCallback) => {
    await new Promise((done) => {
      process.nextTick(() => {
        burnCallback();
        queueMicrotask(() => {
          burnCallback();
          setTimeout(() => {
            burnCallback();
            done();
          }, 1);
        });
      });
    });
    const emitter = new EventEmitter();
    setImmediate(() => emitter.emit("ready"));
    await once(emitter, "ready");
    burnCallback();
  });
  // Entering another async scope and coming back, as connection pools do.
  const resource = new AsyncResource("pool");
  span("pool", (burnPool) => {
    burnPool();
    resource.runInAsyncScope(() => burn());
    burnPool();
  });
  for await (const _ of ticks(2)) burn();
  response.end("done");
};

async function* ticks(count) {
  for (let i = 0; i < count; i++) {
    await sleep(1);
    yield i;
  }
}

/** Burns in timers that were set outside of any span. */
function keepBurningOutside(chunkMs) {
  const burn = burner("burn_outside");
  let timer = setTimeout(function again() {
    burn(chunkMs);
    timer = setTimeout(again, 10);
  }, 1);
  return { stop: () => clearTimeout(timer) };
}

function get(port, agent) {
  return new Promise((resolve, reject) => {
    http
      .get({ port, host: "127.0.0.1", agent }, (response) => {
        response.resume().on("end", resolve).on("error", reject);
      })
      .on("error", reject);
  });
}
