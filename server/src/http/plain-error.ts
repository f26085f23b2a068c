import type { FastifyReply } from "fastify";
import { codeOfPlainStatus, errorJson } from "./error-codes.ts";
import type { TenantsResult } from "./tenancy.ts";

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

/** 401 for who names no tenant or a wrong one; the original ends the line for the former only. */
export function sendUnauthenticated(
  reply: FastifyReply,
  { missing, message }: Extract<TenantsResult, { ok: false }>,
): FastifyReply {
  if (missing) return sendPlainError(reply, 401, message);
  return sendJson(reply, 401, errorJson("unauthenticated", message));
}

/** JSON text as it is: sent as bytes, because fastify would add a charset that clients of these routes do not know. */
export function sendJson(reply: FastifyReply, status: number, json: string): FastifyReply {
  return reply.code(status).header("content-type", "application/json").send(Buffer.from(json));
}

/** An empty 405. */
export function sendMethodNotAllowed(reply: FastifyReply): FastifyReply {
  return reply.code(405).send();
}
