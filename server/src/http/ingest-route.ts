import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Ingester, IngestUnit } from "../ingest/ingester.ts";
import type { TenantLimits } from "../limits.ts";
import { delaySuccess } from "./artificial-delay.ts";
import { announcedBytes, discardBody, readBody } from "./body.ts";
import { type BodyBudget, BodyError } from "./body-budget.ts";
import { holdBack } from "./hold-back.ts";
import { type IngestForm, IngestFormError, parseIngestForm } from "./ingest-form.ts";
import { type IngestParams, ingestFormat, parseIngestParams } from "./ingest-params.ts";
import type { Body } from "./message-pieces.ts";
import { sendMethodNotAllowed, sendPlainError, sendUnauthenticated } from "./plain-error.ts";
import { rawRoute } from "./raw-route.ts";
import { SeriesNameError } from "./series-name.ts";
import { parseTenants, TENANT_HEADER } from "./tenancy.ts";
import { retryAfterOf, type UnitFailure } from "./unit-failure.ts";

/** What the ingest routes work with. */
export interface IngestRouteOptions {
  readonly ingester: Ingester;
  readonly limitsOf: (tenant: string) => TenantLimits;
  readonly multitenancy: boolean;
  readonly bodyTimeoutMs: number;
  readonly budget: BodyBudget;
  /** Counts a body that was refused for its size. */
  readonly onBodyTooLarge: (tenant: string, limitBytes: number) => void;
  /** Something a client should hear of although it gets a 200. */
  readonly onIgnored: (reason: string, request: FastifyRequest) => void;
}

/** `POST /ingest` and its alias: one pprof a request, as the older SDKs send it. */
export function registerIngestRoutes(app: FastifyInstance, options: IngestRouteOptions): void {
  for (const url of ["/ingest", "/pyroscope/ingest"]) {
    rawRoute(app, url, async (request, reply) => {
      if (request.method !== "POST") return sendMethodNotAllowed(reply);
      return ingest(request, reply, options);
    });
  }
}

async function ingest(
  request: FastifyRequest,
  reply: FastifyReply,
  options: IngestRouteOptions,
): Promise<FastifyReply> {
  const startedAt = performance.now();
  const header = request.headers[TENANT_HEADER];
  const tenants = parseTenants(header, "write", options.multitenancy);
  if (tenants.ok || !tenants.missing) reply.header("vary", "Accept-Encoding");
  if (!tenants.ok) return sendUnauthenticated(reply, tenants);
  const tenant = tenants.tenants[0]!;
  const limits = options.limitsOf(tenant);

  const incoming = request.raw as IncomingMessage;
  const refusal = options.ingester.refuse(tenant, announcedBytes(incoming));
  if (refusal !== undefined) {
    await discardBody(incoming, options.bodyTimeoutMs);
    await holdBack(refusal.holdMs, abortOnClose(reply));
    return refuseUnit(refusal, reply);
  }
  const arrival = options.ingester.arrival();
  let body: Body | undefined;
  try {
    body = await readBody(incoming, {
      maxBytes: limits.ingestionBodyBytes,
      timeoutMs: options.bodyTimeoutMs,
      budget: options.budget,
      onReceived: arrival.received,
    });
    const outcome = await unitOf(request, body.bytes, options);
    arrival.end();
    if (outcome.kind === "refused") return sendPlainError(reply, outcome.status, outcome.message);
    if (outcome.kind === "unit") {
      const [result] = await options.ingester.push(tenant, [outcome.unit], limits);
      if (result !== undefined && !result.ok) return refuseUnit(result, reply);
    }
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    return refuseBody(error, tenant, limits, reply, options);
  } finally {
    arrival.end();
    body?.release();
  }
  const left = abortOnClose(reply);
  const timing = await delaySuccess(limits.ingestionArtificialDelayMs, startedAt, left);
  if (timing !== undefined) reply.header("server-timing", timing);
  return reply.code(200).send();
}

const FORM_PREFIX =
  "parsing IngestInput-pprof failed failed to parse pprof /ingest multipart form ";

type Outcome =
  | { readonly kind: "unit"; readonly unit: IngestUnit }
  | { readonly kind: "nothing" }
  | { readonly kind: "refused"; readonly status: number; readonly message: string };

async function unitOf(
  request: FastifyRequest,
  body: Uint8Array,
  options: IngestRouteOptions,
): Promise<Outcome> {
  const contentType = request.headers["content-type"] ?? "";
  let params: IngestParams;
  try {
    params = parseIngestParams(new URLSearchParams(queryOf(request.url)), Date.now());
  } catch (error) {
    if (!(error instanceof SeriesNameError)) throw error;
    return { kind: "refused", status: 400, message: error.message };
  }
  const format = ingestFormat(params.format, contentType, body);
  if (format === "pprof") {
    if (body.length === 0) return { kind: "nothing" };
    return { kind: "unit", unit: makeUnit(params, body, undefined) };
  }
  if (format !== "multipart") {
    return {
      kind: "refused",
      status: 422,
      message: `profiles in the format "${format}" are not supported by this server yet; send pprof`,
    };
  }
  let form: IngestForm;
  try {
    form = await parseIngestForm(body, contentType);
  } catch (error) {
    if (!(error instanceof IngestFormError)) throw error;
    return { kind: "refused", status: 422, message: `${FORM_PREFIX}${error.message}` };
  }
  if (form.previousProfile !== undefined && form.previousProfile.length > 0) {
    return {
      kind: "refused",
      status: 422,
      message:
        `${FORM_PREFIX}unsupported client version. ` +
        "Please update github.com/grafana/pyroscope-go to the latest version",
    };
  }
  if (form.profile === undefined) {
    return {
      kind: "refused",
      status: 422,
      message: `${FORM_PREFIX}no file part named profile`,
    };
  }
  if (form.profile.length === 0) {
    options.onIgnored("empty profile", request);
    return { kind: "nothing" };
  }
  return { kind: "unit", unit: makeUnit(params, form.profile, form) };
}

function queryOf(url: string): string {
  const mark = url.indexOf("?");
  return mark < 0 ? "" : url.slice(mark + 1);
}

function makeUnit(
  params: IngestParams,
  profile: Uint8Array,
  form: IngestForm | undefined,
): IngestUnit {
  return {
    labels: params.labels,
    profile,
    source: "ingest",
    spyName: params.spyName,
    defaultTimeNanos: params.fromNanos,
    ...(form?.sampleTypeConfig === undefined ? {} : { sampleTypeConfig: form.sampleTypeConfig }),
  };
}

function refuseBody(
  error: BodyError,
  tenant: string,
  limits: TenantLimits,
  reply: FastifyReply,
  options: IngestRouteOptions,
): FastifyReply {
  switch (error.code) {
    case "too_large": {
      const own = limits.ingestionBodyBytes;
      const isOwn = own > 0 && own <= options.budget.limit;
      options.onBodyTooLarge(tenant, isOwn ? own : options.budget.limit);
      const text = isOwn
        ? `error reading request body bytes_read ${own}: http: request body too large`
        : error.message;
      return sendPlainError(reply, 413, `request body too large: ${text}`);
    }
    case "busy":
      return sendPlainError(reply.header("retry-after", "1"), 429, error.message);
    case "timeout":
    case "aborted":
      return sendPlainError(reply, 408, error.message);
  }
}

/**
 * 429 for what may be tried again soon, 503 when the store cannot write, 422 for the rest: what SDKs expect. Throws
 * what is our fault, to be logged and answered as such.
 */
function refuseUnit(result: UnitFailure, reply: FastifyReply): FastifyReply {
  const { cause } = result;
  if (result.code === "internal") throw new Error("a profile was not stored", { cause });
  const retryAfter = retryAfterOf(result);
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  if (result.stage === "decode") {
    const message = `parsing IngestInput-pprof failed ${result.code}: ${result.message}`;
    return sendPlainError(reply, 422, message);
  }
  const message = `pushing IngestInput-pprof failed push series with index 0 and id  failed: ${result.code}: ${result.message}`;
  return sendPlainError(reply, STATUS[result.code], message);
}

const STATUS: Readonly<Record<Exclude<UnitFailure["code"], "internal">, number>> = {
  invalid_argument: 422,
  resource_exhausted: 429,
  unavailable: 503,
};

function abortOnClose(reply: FastifyReply): AbortSignal {
  const abort = new AbortController();
  if (reply.raw.destroyed) abort.abort();
  reply.raw.once("close", () => {
    if (!reply.raw.writableEnded) abort.abort();
  });
  return abort.signal;
}
