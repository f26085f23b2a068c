import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { PushRequestSchema } from "@pyrospan/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Clients, connectClients, flameFacts } from "./client.ts";
import { formBody, parseForm } from "./multipart.ts";
import { shiftTime } from "./pprof-time.ts";
import { contentOf, RawClient } from "./raw-http.ts";
import { fixturesDir } from "./shared-data.ts";
import { startServer, type TestServer } from "./start-server.ts";

/** A request an SDK sent: one line of `live/requests.jsonl`. */
interface LiveRequest {
  readonly file: string;
  readonly client: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly status: number;
}

/** What the original answered afterwards. */
interface LiveExpectation {
  readonly service_name: string;
  readonly query_window_ms: readonly [number, number];
  readonly profile_types: readonly {
    readonly id: string;
    readonly total: number;
    readonly top_self: readonly SelfValue[];
  }[];
  readonly label_sets: readonly Readonly<Record<string, string>>[];
  readonly label_names: readonly string[];
  readonly spans?: readonly {
    readonly name: string;
    readonly span_id: string;
    readonly trace_id?: string;
    readonly profile_type: string;
    readonly total: number;
    readonly top_self: readonly SelfValue[];
    readonly merge_stacktraces_total: {
      readonly span_selector: number;
      readonly trace_id_selector?: number | null;
    };
  }[];
}

interface SelfValue {
  readonly name: string;
  readonly self: number;
}

const sdks = ["go", "node", "python", "rust"] as const;

describe.skipIf(!fixturesDir)("bodies of live SDKs (skipped without ../shared/fixtures)", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer({
      flags: [
        "-distributor.ingestion-rate-limit-mb=4000",
        "-distributor.ingestion-burst-size-mb=4000",
      ],
    });
  });

  afterAll(async () => {
    await server?.stop();
  });

  describe.each(sdks)("%s", (sdk) => {
    const { requests, expected } = recorded(sdk);
    const [windowStart, windowEnd] = expected.query_window_ms;
    const shiftMs = Math.floor((Date.now() - windowEnd) / 60_000) * 60_000;
    const range = { start: BigInt(windowStart + shiftMs), end: BigInt(windowEnd + shiftMs) };
    const labelSelector = `{service_name="${expected.service_name}"}`;
    let clients: Clients;

    beforeAll(async () => {
      clients = connectClients(server.url);
      const raw = new RawClient(server.url);
      for (const request of requests) {
        const body = movedBody(
          request,
          readFileSync(join(fixturesDir!, "live", request.file)),
          shiftMs,
        );
        const response = await raw.http1({
          method: "POST",
          path: movedUrl(request.url, shiftMs),
          headers: Object.fromEntries(
            request.headers.filter(([name]) => !/^(content-length|transfer-encoding)$/i.test(name)),
          ),
          body,
        });
        expect(Buffer.from(contentOf(response)).toString("utf8"), request.file).toBe("");
        expect(response.status).toBe(request.status);
      }
      raw.close();
    });

    test("profile types, totals and hot functions", async () => {
      for (const { id, total, top_self } of expected.profile_types) {
        const { flamegraph } = await clients.querier.selectMergeStacktraces({
          profileTypeID: id,
          labelSelector,
          maxNodes: 65_536n,
          ...range,
        });
        const facts = flameFacts(flamegraph);
        expect([id, facts.total]).toEqual([id, BigInt(total)]);
        expect(selfOf(facts.self, top_self)).toEqual(top_self);
      }
      const { labelsSet } = await clients.querier.series({
        matchers: [labelSelector],
        labelNames: ["__profile_type__"],
        ...range,
      });
      const ids = labelsSet.map(({ labels }) => labels[0]?.value);
      expect([...new Set(ids)].sort()).toEqual(expected.profile_types.map(({ id }) => id).sort());
    });

    test("label names and label sets", async () => {
      const headers = { Accept: "*/*;allow-utf8-labelnames=true" };
      const names = await clients.querier.labelNames(
        { matchers: [labelSelector], ...range },
        { headers },
      );
      expect(names.names).toEqual([...expected.label_names].sort());
      const { labelsSet } = await clients.querier.series(
        { matchers: [labelSelector], ...range },
        { headers },
      );
      const family = new Set([
        "__profile_type__",
        "__type__",
        "__unit__",
        "__period_type__",
        "__period_unit__",
      ]);
      const sets = labelsSet.map(({ labels }) =>
        JSON.stringify(
          labels.filter(({ name }) => !family.has(name)).map(({ name, value }) => [name, value]),
        ),
      );
      const expectedSets = expected.label_sets.map((set) =>
        JSON.stringify(Object.entries(set).sort()),
      );
      expect([...new Set(sets)].sort()).toEqual([...new Set(expectedSets)].sort());
    });

    test("spans", async () => {
      for (const span of expected.spans ?? []) {
        const query = { profileTypeID: span.profile_type, labelSelector, ...range };
        const merged = await clients.querier.selectMergeSpanProfile({
          ...query,
          spanSelector: [span.span_id],
        });
        const facts = flameFacts(merged.flamegraph);
        expect([span.name, facts.total]).toEqual([span.name, BigInt(span.total)]);
        expect(selfOf(facts.self, span.top_self)).toEqual(span.top_self);
        const bySpan = await clients.querier.selectMergeStacktraces({
          ...query,
          spanSelector: [span.span_id],
        });
        expect(bySpan.flamegraph?.total).toBe(BigInt(span.merge_stacktraces_total.span_selector));
        const traceTotal = span.merge_stacktraces_total.trace_id_selector;
        if (span.trace_id && typeof traceTotal === "number") {
          const byTrace = await clients.querier.selectMergeStacktraces({
            ...query,
            traceIdSelector: [span.trace_id],
          });
          expect(byTrace.flamegraph?.total).toBe(BigInt(traceTotal));
        }
      }
    });
  });
});

function recorded(sdk: string): { requests: LiveRequest[]; expected: LiveExpectation } {
  if (!fixturesDir) {
    const nothing = { profile_types: [], label_sets: [], label_names: [] };
    return { requests: [], expected: { service_name: "", query_window_ms: [0, 0], ...nothing } };
  }
  const lines = readFileSync(join(fixturesDir, "live/requests.jsonl"), "utf8").trim().split("\n");
  const requests = lines.map((line) => JSON.parse(line) as LiveRequest);
  const { clients } = JSON.parse(readFileSync(join(fixturesDir, "live/expected.json"), "utf8")) as {
    clients: Record<string, LiveExpectation>;
  };
  return { requests: requests.filter(({ client }) => client === sdk), expected: clients[sdk]! };
}

/** `from` and `until` in the unit they were sent in. */
function movedUrl(url: string, shiftMs: number): string {
  return url.replace(/\b(from|until)=(\d+)/g, (_, name: string, digits: string) => {
    const perMs = digits.length === 19 ? 1_000_000n : digits.length === 13 ? 1n : undefined;
    const shift = perMs === undefined ? BigInt(shiftMs / 1000) : BigInt(shiftMs) * perMs;
    return `${name}=${BigInt(digits) + shift}`;
  });
}

/** The recorded body with the times of its profiles moved. */
function movedBody({ file, headers }: LiveRequest, body: Uint8Array, shiftMs: number): Uint8Array {
  if (file.endsWith(".multipart")) {
    const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
    const parts = parseForm(body, type).map((part) =>
      part.name === "profile" ? { ...part, content: movedGzip(part.content, shiftMs) } : part,
    );
    return formBody(parts, type);
  }
  if (file.endsWith(".pb.gz")) return movedGzip(body, shiftMs);
  const push = fromBinary(PushRequestSchema, gunzipSync(body));
  for (const series of push.series) {
    for (const sample of series.samples) sample.rawProfile = shiftTime(sample.rawProfile, shiftMs);
  }
  return gzipSync(toBinary(PushRequestSchema, push));
}

function movedGzip(pprof: Uint8Array, shiftMs: number): Uint8Array {
  return gzipSync(shiftTime(gunzipSync(pprof), shiftMs));
}

function selfOf(self: ReadonlyMap<string, bigint>, wanted: readonly SelfValue[]): SelfValue[] {
  return wanted.map(({ name }) => ({ name, self: Number(self.get(name) ?? 0n) }));
}
