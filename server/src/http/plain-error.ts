import type { FastifyReply } from "fastify";
import { codeOfPlainStatus, errorJson } from "./error-codes.ts";

/** The answer to every path that is not served. */
export function sendNotFound(reply: FastifyReply, path: string): FastifyReply {
  if (path === "/api" || path.startsWith("/api/")) {
    return sendJson(reply, 404, '{"code":5,"message":"Not Found","details":[]}');
  }
  return sendText(reply, 404, "404 page not found\n");
}

/** A plain-text answer that browsers do not guess about. */
export function sendText(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply
    .code(status)
    .header("content-type", "text/plain; charset=utf-8")
    .header("x-content-type-options", "nosniff")
    .send(text);
}

/** An error of a plain route: JSON and a newline, as the clients of these routes print it. */
export function sendPlainError(reply: FastifyReply, status: number, message: string): FastifyReply {
  reply.header("x-content-type-options", "nosniff");
  return sendJson(reply, status, `${errorJson(codeOfPlainStatus(status), message)}\n`);
}

/** JSON text as it is: sent as bytes, because fastify would add a charset that clients of these routes do not know. */
export function sendJson(reply: FastifyReply, status: number, json: string): FastifyReply {
  return reply.code(status).header("content-type", "application/json").send(Buffer.from(json));
}

/** An empty 405. */
export function sendMethodNotAllowed(reply: FastifyReply): FastifyReply {
  return reply.code(405).send();
}
