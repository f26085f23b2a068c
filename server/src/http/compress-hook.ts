import type { FastifyInstance } from "fastify";
import { acceptsGzip } from "./accept-encoding.ts";
import { gzipMessage } from "./gzip.ts";

/** Smaller answers fit into one packet as they are. */
const MIN_BYTES = 1400;

/** Compresses answers of the plain routes that are in memory, for clients that take gzip. */
export function addCompression(app: FastifyInstance): void {
  app.addHook("onSend", async (request, reply, payload) => {
    const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
    if (!(bytes instanceof Uint8Array) || bytes.length < MIN_BYTES) return payload;
    if (reply.hasHeader("content-encoding")) return payload;
    reply.header("vary", "Accept-Encoding");
    if (!acceptsGzip(request.headers["accept-encoding"])) return payload;
    reply.header("content-encoding", "gzip").removeHeader("content-length");
    return gzipMessage(bytes);
  });
}
