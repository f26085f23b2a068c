import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";
import { fromBinary } from "@bufbuild/protobuf";
import { DEFAULT_DECODE_LIMITS, decodePprof } from "@pyrospan/pprof";
import { PushRequestSchema } from "@pyrospan/wire";

/**
 * @typedef {object} Captured a profile that was pushed
 * @property {string | undefined} name
 * @property {Record<string, string>} labels
 * @property {string} [id]
 * @property {import("@pyrospan/pprof").Profile} profile
 */

/**
 * A server that takes pushes (and `/ingest`, as the incumbent SDK sends) and keeps their bodies, to be decoded when
 * asked: decoding while profiles are taken would show in them.
 *
 * @param {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => boolean} [answer]
 *   answers a request itself when it returns true
 */
export async function startCaptureServer(answer = () => false) {
  const received = [];
  const waiting = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const answered = answer(request, response);
      received.push({ url: request.url, headers: request.headers, body, answered });
      if (!answered) response.writeHead(200, { "content-type": "application/proto" }).end();
      for (const wake of waiting.splice(0)) wake();
    });
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  server.unref();
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    received,
    /** Resolves at the next request. */
    next: () => new Promise((wake) => waiting.push(wake)),
    /** Every profile taken, decoded. */
    profiles: () => received.filter((one) => !one.answered).flatMap(profilesIn),
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
}

/** @returns {Captured[]} */
function profilesIn({ url, body }) {
  if (url.startsWith("/ingest") || url.startsWith("//ingest")) {
    return [{ name: "ingest", labels: {}, profile: decode(body) }];
  }
  return fromBinary(PushRequestSchema, body).series.flatMap(({ labels, samples }) =>
    samples.map(({ rawProfile, ID }) => {
      const byName = Object.fromEntries(labels.map(({ name, value }) => [name, value]));
      return { name: byName.__name__, labels: byName, id: ID, profile: decode(rawProfile) };
    }),
  );
}

function decode(bytes) {
  const raw = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  return decodePprof(raw, DEFAULT_DECODE_LIMITS);
}

/**
 * The samples of a profile as plain objects, leaf first, with the value of one sample type.
 *
 * @param {import("@pyrospan/pprof").Profile} profile
 * @param {string} type
 */
export function samplesOf(profile, type) {
  const { samples, strings, locations, lines, functions, labels, sampleTypes } = profile;
  const column = Array.from(sampleTypes.type).findIndex((name) => strings.get(name) === type);
  const names = Array.from({ length: locations.length }, (_, i) =>
    strings.get(functions.name[lines.function[locations.lineStart[i]]]),
  );
  return Array.from({ length: samples.length }, (_, i) => {
    const stack = samples.locations.subarray(
      samples.locationStart[i],
      samples.locationStart[i + 1],
    );
    /** @type {Record<string, string>} */
    const own = {};
    for (let l = samples.labelStart[i]; l < samples.labelStart[i + 1]; l++) {
      own[strings.get(labels.key[l])] = strings.get(labels.str[l]);
    }
    return {
      frames: Array.from(stack, (location) => names[location]),
      labels: own,
      spanId: own.span_id,
      count: Number(samples.values[i * sampleTypes.length + column]),
    };
  });
}
