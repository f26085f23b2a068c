import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/**
 * Registers a path for every method, served before fastify looks at the content type: these routes read bodies of any
 * type, and of none, by themselves.
 */
export function rawRoute(
  app: FastifyInstance,
  url: string,
  serve: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> | FastifyReply,
): void {
  app.all(url, { onRequest: async (request, reply) => serve(request, reply) }, async (_, reply) => {
    return reply;
  });
}
