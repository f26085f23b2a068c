import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import incumbent from "@pyroscope/nodejs";
import { DEFAULT_DECODE_LIMITS, decodePprof, type Profile } from "@pyrospan/pprof";
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import { fastify } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import pyroscope, { type PyroscopeConfig } from "../src/index.ts";
import { burner } from "./attribution/burn.mjs";
import { samplesOf } from "./capture-server.mjs";
import { recordWarnings } from "./record-warnings.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

describe("the default export", () => {
  it("has every name of @pyroscope/nodejs", () => {
    const kinds = (of: object): [string, string][] =>
      Object.keys(of).map((name) => [name, typeof of[name as keyof typeof of]]);
    expect(kinds(pyroscope)).toEqual(expect.arrayContaining(kinds(incumbent)));
  });

  it("reads source maps", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pyrospan-maps-"));
    open.push(() => rm(folder, { recursive: true }));
    await writeFile(
      join(folder, "out.js"),
      "function work() {}\n//# sourceMappingURL=out.js.map\n",
    );
    await writeFile(
      join(folder, "out.js.map"),
      JSON.stringify({
        version: 3,
        file: "out.js",
        sources: ["in.ts"],
        names: [],
        mappings: "AAEA",
      }),
    );
    const sourceMapper = await pyroscope.SourceMapper.create([folder]);
    pyroscope.init({ sourceMapper });
    const place = { file: join(folder, "out.js"), name: "work", line: 1, column: 1 };
    expect(sourceMapper.mappingInfo(place)).toMatchObject({ file: join(folder, "in.ts"), line: 3 });
  });
});

/** A server that is not there, and a logger that does not mind. */
const nowhere: PyroscopeConfig = {
  serverAddress: "http://127.0.0.1:9",
  logger: recordWarnings().logger,
};

function decode(body: ArrayBuffer): Profile {
  const bytes = new Uint8Array(body);
  const raw = bytes[0] === 0x1f ? gunzipSync(bytes) : bytes;
  return decodePprof(raw, DEFAULT_DECODE_LIMITS);
}

async function serve(app: Express): Promise<string> {
  const server: Server = createServer(app);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  open.push(() => new Promise((closed) => server.close(closed)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const frameworks = {
  Express: (): Promise<string> => {
    const app = express();
    app.use(pyroscope.expressMiddleware());
    app.get("/other", (_request, response) => void response.send("other"));
    return serve(app);
  },
  Fastify: async (): Promise<string> => {
    const app = fastify();
    app.register(pyroscope.fastifyMiddleware());
    app.get("/other", () => "other");
    open.push(() => app.close());
    return app.listen({ port: 0, host: "127.0.0.1" });
  },
};

describe.each(Object.entries(frameworks))("pulled through %s", (name, listen) => {
  it("gives wall profiles of the seconds asked for", async () => {
    const url = await listen();
    pyroscope.init();
    // New code each time: V8 does not tell a profiler about loops that it compiled before the profiler started.
    let burns = 0;
    const burning = setInterval(() => burner(`burn_${name}_${burns++}`)(10), 1);
    open.push(async () => clearInterval(burning));
    const response = await fetch(`${url}/debug/pprof/profile?seconds=0.5`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    const profile = decode(await response.arrayBuffer());
    const frames = samplesOf(profile, "wall").flatMap((sample) => sample.frames);
    expect(frames.some((frame) => frame?.startsWith(`burn_${name}_`))).toBe(true);
    expect(Number(profile.durationNanos) / 1e6).toBeGreaterThan(450);
  });

  it("gives a profile also when the thread only waited", async () => {
    const url = await listen();
    pyroscope.init();
    const response = await fetch(`${url}/debug/pprof/profile?seconds=0.01`);
    expect(response.status).toBe(200);
    const { sampleTypes, strings } = decode(await response.arrayBuffer());
    expect(Array.from(sampleTypes.type, (type) => strings.get(type))).toEqual(["samples", "wall"]);
  });

  it("gives heap profiles, also while they are pushed", async () => {
    const url = await listen();
    pyroscope.init({ ...nowhere, wall: { enabled: false } });
    for (const act of [() => {}, () => pyroscope.start()]) {
      act();
      const response = await fetch(`${url}/debug/pprof/heap`);
      expect(response.status).toBe(200);
      expect(samplesOf(decode(await response.arrayBuffer()), "inuse_space").length).toBeGreaterThan(
        0,
      );
    }
    pyroscope.init();
  });

  it("says why it has no profile, and leaves other requests alone", async () => {
    const url = await listen();
    pyroscope.init({ ...nowhere, heap: { enabled: false } });
    pyroscope.start();
    const busy = await fetch(`${url}/debug/pprof/profile`);
    expect(busy.status).toBe(503);
    expect(await busy.text()).toMatch(/^no profile: ./);
    pyroscope.init();
    const odd = await fetch(`${url}/debug/pprof/profile?seconds=soon`);
    expect(odd.status).toBe(400);
    expect(await odd.text()).toBe("seconds must be a number above 0 and at most 300, not soon\n");
    expect(await (await fetch(`${url}/other`)).text()).toBe("other");
  });
});

describe("in an Express application", () => {
  /** One that keeps the errors that reach its error handler, and answers with them. */
  async function serveWith(before: RequestHandler) {
    const app = express();
    const errors: unknown[] = [];
    const keepErrors: ErrorRequestHandler = (error, _request, response, _next) => {
      errors.push(error);
      response.status(500).end(String(error));
    };
    app.set("query parser", "extended");
    app.use(before);
    app.use(pyroscope.expressMiddleware());
    app.use(keepErrors);
    pyroscope.init();
    return { url: await serve(app), errors };
  }

  it("refuses seconds that its query parser made an object or a list of", async () => {
    const { url, errors } = await serveWith((_request, _response, next) => next());
    for (const query of ["seconds[toString]=x", "seconds[]=1", "seconds=1&seconds=2"]) {
      const response = await fetch(`${url}/debug/pprof/profile?${query}`);
      expect(response.status).toBe(400);
      expect(await response.text()).toBe(
        "seconds must be a number above 0 and at most 300, not a value of type object\n",
      );
    }
    expect(errors).toEqual([]);
  });

  it("leaves a request alone that was answered meanwhile", async () => {
    const { url, errors } = await serveWith((request, response, next) => {
      next();
      if (request.query.late !== undefined) response.status(504).send("too late");
    });
    const response = await fetch(`${url}/debug/pprof/heap?late`);
    expect([response.status, await response.text()]).toEqual([504, "too late"]);
    // When a second request has its profile, that of the first is there too.
    expect((await fetch(`${url}/debug/pprof/heap`)).status).toBe(200);
    expect(errors).toEqual([]);
  });

  it("hands on what goes wrong while it answers", async () => {
    const { url, errors } = await serveWith((_request, response, next) => {
      response.send = () => {
        throw new Error("cannot send");
      };
      next();
    });
    const response = await fetch(`${url}/debug/pprof/heap`);
    expect([response.status, await response.text()]).toEqual([500, "Error: cannot send"]);
    expect(errors).toHaveLength(1);
  });
});
