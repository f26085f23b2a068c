import { puller } from "../default-profiler.ts";
import { errorText } from "../logger.ts";

const WALL_PATH = "/debug/pprof/profile";
const HEAP_PATH = "/debug/pprof/heap";

/** Longest wall profile that may be asked for, in seconds. */
const MAX_SECONDS = 300;

/** The parts of Express that are needed; Express itself need not be installed. */
export interface ExpressRequest {
  readonly method: string;
  readonly path: string;
  readonly query: unknown;
}

export interface ExpressResponse {
  readonly headersSent: boolean;
  status(code: number): this;
  type(contentType: string): this;
  send(body: unknown): this;
}

export type ExpressHandler = (
  request: ExpressRequest,
  response: ExpressResponse,
  next: (error?: unknown) => void,
) => void;

/** The parts of Fastify that are needed. */
export interface FastifyReply {
  code(code: number): this;
  type(contentType: string): this;
  send(body: unknown): this;
}

export interface FastifyInstance {
  get(
    path: string,
    handler: (request: { readonly query: unknown }, reply: FastifyReply) => Promise<unknown>,
  ): unknown;
}

export type FastifyPlugin = (instance: FastifyInstance, options: unknown, done: () => void) => void;

/**
 * Express middleware that answers `GET /debug/pprof/profile?seconds=N` with the wall time of the next N seconds (1 by
 * default) and `GET /debug/pprof/heap` with the memory in use, as pprof. Nothing has to be started for it.
 */
export function expressMiddleware(): ExpressHandler {
  return (request, response, next) => {
    const pull = request.method === "GET" ? pulls.get(request.path) : undefined;
    if (pull === undefined) {
      next();
      return;
    }
    answer(pull, request.query)
      .then(({ status, type, body }) => {
        // Something that bounds how long requests take may have answered meanwhile.
        if (!response.headersSent) response.status(status).type(type).send(body);
      })
      .catch(next);
  };
}

/** A Fastify plugin with the same routes as {@link expressMiddleware}. */
export function fastifyMiddleware(): FastifyPlugin {
  return (instance, _options, done) => {
    for (const [path, pull] of pulls) {
      instance.get(path, async ({ query }, reply) => {
        const { status, type, body } = await answer(pull, query);
        return reply.code(status).type(type).send(body);
      });
    }
    done();
  };
}

type Pull = (seconds: number) => Promise<Uint8Array>;

const pulls: ReadonlyMap<string, Pull> = new Map<string, Pull>([
  [WALL_PATH, (seconds) => puller().wall(seconds * 1_000)],
  [HEAP_PATH, () => puller().heap()],
]);

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer | string;
}

async function answer(pull: Pull, query: unknown): Promise<Answer> {
  const asked = (query as { seconds?: unknown } | undefined)?.seconds ?? 1;
  // Whatever else the application's query parser made of it may not even become a text.
  const isPlain = typeof asked === "string" || typeof asked === "number";
  const seconds = isPlain ? Number(asked) : Number.NaN;
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
    const given = isPlain ? asked : `a value of type ${typeof asked}`;
    const body = `seconds must be a number above 0 and at most ${MAX_SECONDS}, not ${given}\n`;
    return { status: 400, type: "text/plain", body };
  }
  try {
    const profile = await pull(seconds);
    const body = Buffer.from(profile.buffer, profile.byteOffset, profile.byteLength);
    return { status: 200, type: "application/octet-stream", body };
  } catch (error) {
    return { status: 503, type: "text/plain", body: `no profile: ${errorText(error)}\n` };
  }
}
