import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply } from "fastify";
import { sendNotFound } from "./plain-error.ts";

/** Nothing on the page may come from or go to another origin, and nothing runs that is not a file of ours. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join("; ");

/** Addresses of the page; all of them give the same document, which reads the rest from the address. */
const PAGES = ["/", "/explore", "/comparison", "/comparison-diff"];

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Pyrospan</title>
<meta name="color-scheme" content="light dark">
<h1>Pyrospan is running</h1>
<p>The server takes profiles and answers queries, but its page has not been built.
From the repository: <code>npm run build --workspace server/ui</code>, then start the server again.</p>
<p><a href="/ready">ready</a> · <a href="/metrics">metrics</a> · <a href="/api/v1/status/config">configuration</a></p>
</html>
`;

/** Serves the built page from `directory`, or a page that says how to build it. */
export async function registerUiRoutes(app: FastifyInstance, directory: string): Promise<void> {
  const index = join(directory, "index.html");
  const assets = join(directory, "assets");

  app.get("/ui", async (_request, reply) => reply.redirect("/", 302));

  const sendPage = async (reply: FastifyReply) => {
    setSecurityHeaders(reply);
    reply.header("content-type", "text/html; charset=utf-8").header("cache-control", "no-cache");
    return reply.send(existsSync(index) ? await readFile(index) : NOT_BUILT);
  };
  for (const url of PAGES) app.get(url, async (_request, reply) => sendPage(reply));

  if (existsSync(assets)) await serveAssets(app, assets);
  for (const folder of ["static", "icons", "public"]) {
    app.get(`/${folder}/*`, async (request, reply) => sendNotFound(reply, request.url));
  }
}

/** Files of the page; their names change with their content. */
async function serveAssets(app: FastifyInstance, assets: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: assets,
    serve: false,
    index: false,
    immutable: true,
    maxAge: "365d",
  });
  app.get<{ Params: { "*": string } }>("/assets/*", async (request, reply) => {
    setSecurityHeaders(reply);
    return reply.sendFile(request.params["*"]);
  });
}

function setSecurityHeaders(reply: FastifyReply): void {
  reply
    .header("content-security-policy", CONTENT_SECURITY_POLICY)
    .header("x-content-type-options", "nosniff")
    .header("referrer-policy", "no-referrer")
    .header("cross-origin-opener-policy", "same-origin")
    .header("cross-origin-resource-policy", "same-origin");
}
