import { gunzipSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { PushRequestSchema } from "@pyrospan/wire";
import { profileBytes } from "../profile-bytes.ts";
import { type Exchange, fillTimes, requestBody } from "./exchange.ts";

/**
 * Body of an exchange that is recorded only as a description. Big ones are what a neighbour sends in gzip;
 * the others describe their profile. Undefined when the description is not understood.
 */
export function madeBody(
  exchange: Exchange,
  all: ReadonlyMap<string, Exchange>,
  baseMs: number,
): Uint8Array | undefined {
  const { id } = exchange;
  if (id === "conf-7.4-folded-413") return Buffer.from("a;b 1\n".repeat(180_000));
  if (/^conf-(6\.15|7\.4)-t-/.test(id)) {
    const neighbour = bodyOf(all.get(`${id}-gzip`), baseMs);
    if (neighbour === undefined) return undefined;
    return id.startsWith("conf-6.15") ? withPlainProfiles(neighbour) : gunzipSync(neighbour);
  }
  if (id.startsWith("conf-7.6-ingest-")) {
    const neighbour = bodyOf(all.get(id.replace("conf-7.6-ingest-", "conf-6.18-push-")), baseMs);
    return (
      neighbour &&
      fromBinary(PushRequestSchema, withPlainProfiles(neighbour)).series[0]?.samples[0]?.rawProfile
    );
  }
  if (id === "ingest-4.3-oversize-connect" || id === "ingest-4.3-oversize-grpc") {
    const compressed = bodyOf(all.get("ingest-4.3-oversize-connect-gzip"), baseMs);
    const plain = compressed && gunzipSync(compressed);
    return plain && (id.endsWith("grpc") ? grpcFrame(plain) : plain);
  }
  if (id === "ingest-4.3-oversize-json") return jsonPush(1_048_611);
  return fromDescription(exchange.request_made_from, baseMs);
}

/** A push in JSON of exactly so many bytes. */
function jsonPush(bytes: number): Uint8Array {
  const [head, tail] = ['{"series":[{"samples":[{"rawProfile":"', '"}]}]}'];
  return Buffer.from(head + "A".repeat(bytes - head.length - tail.length) + tail);
}

/** One gRPC message, uncompressed. */
export function grpcFrame(message: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

interface Description {
  readonly push_request?: {
    readonly labels: readonly (readonly [string, string])[];
    readonly inline_profile?: {
      readonly types: readonly (readonly [string, string])[];
      readonly period_type?: readonly [string, string];
      readonly period?: number;
      readonly time?: string;
      readonly samples: readonly { stack: string; value: number }[];
    };
  };
}

function fromDescription(description: unknown, baseMs: number): Uint8Array | undefined {
  const { push_request: push } = (description ?? {}) as Description;
  const profile = push?.inline_profile;
  if (!push || !profile) return undefined;
  const rawProfile = profileBytes({
    types: profile.types,
    ...(profile.period_type ? { periodType: profile.period_type } : {}),
    period: profile.period ?? 0,
    timeNanos: BigInt(fillTimes(profile.time ?? "0", baseMs)),
    samples: profile.samples.map(({ stack, value }) => ({ stack, values: [value] })),
  });
  const labels = push.labels.map(([name, value]) => ({ name, value }));
  return toBinary(
    PushRequestSchema,
    create(PushRequestSchema, { series: [{ labels, samples: [{ rawProfile }] }] }),
  );
}

function bodyOf(exchange: Exchange | undefined, baseMs: number): Uint8Array | undefined {
  return exchange && requestBody(exchange, baseMs);
}

function withPlainProfiles(push: Uint8Array): Uint8Array {
  const message = fromBinary(PushRequestSchema, push);
  for (const series of message.series) {
    for (const sample of series.samples) sample.rawProfile = gunzipSync(sample.rawProfile);
  }
  return toBinary(PushRequestSchema, message);
}
